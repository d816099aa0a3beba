// SPDX-License-Identifier: Apache-2.0
// A backend "faulty" of the host with two kernels for any pointwise group of one input: "good"
// does nothing in a millisecond, "bad" fails as it is told. Chosen by BIREME_BACKEND.
#pragma once

namespace bireme::test {

enum class Fault {
    none,    // bad is as good as good, and faster
    launch,  // its launch fails, the device goes on
    memory,  // there is no memory for it
    lost,    // its launch fails, and so does everything on the device after it
    large,   // it takes longer than good for more than 100 elements
    // By a clock of the device's own, that only launches move on:
    swings,  // a fifth slower than good, on a device that is 3.5 times slower for a while, from
             // when bad was timed on
    slow,    // five times as slow as good
};

// Registers the backend on first use; makes the device well again.
void setFault(Fault fault);
int launches();  // of "bad" since setFault

}  // namespace bireme::test
