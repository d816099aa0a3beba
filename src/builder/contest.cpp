// SPDX-License-Identifier: Apache-2.0
#include "builder/contest.h"

#include <algorithm>
#include <cmath>
#include <limits>

namespace bireme::builder {

namespace {

constexpr int kTell = 2, kFewest = 3, kMost = 7;  // rounds
constexpr float kNear = 1.25;  // who is not, in kTell rounds and in the first timing, has lost

constexpr float kTick = 1e-6F;  // no clock tells less

// Runs of one turn: a kernel finds its operands in the cache again, as in the first timing.
int runsOf(float ms) {
    constexpr float kTurnMs = 0.1, kLongMs = 4;
    if (ms > kLongMs) return 1;
    return static_cast<int>(std::clamp(kTurnMs / std::max(ms, kTick), 2.0F, 20.0F));
}

struct Pair {
    float reference, other;  // of one round
    float ratio() const { return other / reference; }
};

// The median ratio of the quieter half: rounds that something disturbed, or that a swing cut in
// two, are longer, and the least of each might come of different states.
float settled(std::vector<Pair> rounds) {
    std::sort(rounds.begin(), rounds.end(), [](const Pair& a, const Pair& b) {
        return a.reference + a.other < b.reference + b.other;
    });
    rounds.resize((rounds.size() + 1) / 2);
    std::sort(rounds.begin(), rounds.end(),
              [](const Pair& a, const Pair& b) { return a.ratio() < b.ratio(); });
    const size_t n = rounds.size();
    return n % 2 ? rounds[n / 2].ratio()
                 : std::sqrt(rounds[n / 2 - 1].ratio() * rounds[n / 2].ratio());
}

class Contest {
public:
    Contest(const std::vector<float>& first, Track& track)
        : first_(first), track_(track), rounds_(first.size()) {
        for (size_t i = 1; i < first.size(); ++i)
            if (first[i] <= kSwing * first[0]) in_.push_back(i);
    }

    bool open() const { return !in_.empty(); }

    double roundMs() const {
        double sum = first_[0] * static_cast<float>(runsOf(first_[0]));
        for (size_t i : in_) sum += first_[i] * static_cast<float>(runsOf(first_[i]));
        return sum;
    }

    void round() {
        const float reference = turn(0);
        least_ = std::min(least_, reference);
        for (size_t i : in_) rounds_[i].push_back({reference, turn(i)});
    }

    void dropTheFar() {
        float best = 1;
        for (size_t i : in_) best = std::min(best, settled(rounds_[i]));
        std::erase_if(in_, [&](size_t i) {
            return settled(rounds_[i]) > kNear * best && first_[i] > kNear * first_[0];
        });
    }

    std::vector<float> result() const {
        std::vector<float> ms = first_;
        ms[0] = std::min(ms[0], least_);
        for (size_t i = 1; i < ms.size(); ++i) {
            if (rounds_[i].empty()) continue;
            const float timed = settled(rounds_[i]) * ms[0];
            const bool dropped = std::find(in_.begin(), in_.end(), i) == in_.end();
            ms[i] = dropped ? std::min(ms[i], timed) : timed;
        }
        return ms;
    }

private:
    float turn(size_t i) {
        float least = track_.run(i);
        for (int k = 1; k < runsOf(first_[i]); ++k) least = std::min(least, track_.run(i));
        return std::max(least, kTick);
    }

    const std::vector<float>& first_;
    Track& track_;
    std::vector<std::vector<Pair>> rounds_;
    std::vector<size_t> in_;
    float least_ = std::numeric_limits<float>::infinity();  // of the reference
};

}  // namespace

std::vector<float> timeInTurn(const std::vector<float>& first, Track& track) {
    Contest contest(first, track);
    if (!contest.open() || !track.allows(kFewest * contest.roundMs())) return first;
    for (int i = 0; i < kMost && contest.open(); ++i) {
        if (i >= kFewest && !track.allows(contest.roundMs())) break;
        contest.round();
        if (i + 1 == kTell) contest.dropTheFar();
    }
    return contest.result();
}

}  // namespace bireme::builder
