// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <vector>

namespace bireme::plan {

// A buffer that lives from step `first` to step `last`, both included.
struct Interval {
    int64_t size = 0;  // bytes
    int32_t first = 0, last = 0;
    int64_t alignment = 64;  // power of two
};

struct MemoryPlan {
    std::vector<int64_t> offsets;  // one per interval; 0 for a size of 0
    int64_t total = 0;             // bytes, a multiple of 64
};

// Places all buffers so that no two which live at the same step overlap: largest first, each into
// the smallest hole that fits, else behind what lives beside it.
MemoryPlan planMemory(const std::vector<Interval>& intervals);

}  // namespace bireme::plan
