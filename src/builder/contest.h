// SPDX-License-Identifier: Apache-2.0
// The fastest of a first timing, timed once more in turn: A, B, A, B. Processors that throttle,
// swing between states or share cores do not run as fast for one kernel as a second later for the
// next.
#pragma once

#include <cstddef>
#include <vector>

namespace bireme::builder {

// How far behind the fastest a kernel may be and still have lost by the processor's state alone.
constexpr float kSwing = 4;
constexpr size_t kMostContenders = 6;

// A share of what timing has taken, for timing again.
class Allowance {
public:
    void earn(double milliseconds) { left_ += kShare * milliseconds; }
    bool covers(double milliseconds) const { return milliseconds <= left_; }
    void spend(double milliseconds) { left_ -= milliseconds; }

private:
    static constexpr double kShare = 0.2;
    double left_ = 50;
};

// What a contest is run on.
class Track {
public:
    virtual ~Track() = default;
    virtual float run(size_t contender) = 0;       // milliseconds of one run, now
    virtual bool allows(double milliseconds) = 0;  // to be spent from now on
};

// Milliseconds of each, on the scale of the first one's least. `first` are those of the first
// timing, the fastest first. Nobody runs when nobody is within kSwing of it, or when the track does
// not allow what the fewest rounds take by the first timing.
std::vector<float> timeInTurn(const std::vector<float>& first, Track& track);

}  // namespace bireme::builder
