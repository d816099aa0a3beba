// SPDX-License-Identifier: Apache-2.0
// Kernels timed in turn on a processor whose speed changes while they are.
#include "builder/contest.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <cstdint>
#include <random>
#include <utility>
#include <vector>

using namespace bireme;

namespace {

// Is 3.5 times slower in every other `period`, and loses its core to another now and then.
struct Processor final : builder::Track {
    double period = 1e9, now = 0;  // milliseconds
    double losing = 0;             // how often
    bool allowed = true;
    std::vector<float> costs;  // of the contenders, on a fast processor
    std::minstd_rand random{7};
    int runs = 0;

    float run(size_t contender) override {
        const double begin = now, ms = costs[contender];
        ++runs;
        now += static_cast<int64_t>(now / period) % 2 ? 3.5 * ms : ms;
        if (std::uniform_real_distribution<>()(random) < losing) now += 4;
        return static_cast<float>(now - begin);
    }
    bool allows(double) override { return allowed; }

    // The least of a few runs in a row of each, fastest first; `costs` go with them.
    std::vector<float> timeFirst() {
        std::vector<std::pair<float, float>> timed;
        for (size_t i = 0; i < costs.size(); ++i) {
            float least = run(i);
            for (int k = 0; k < 4; ++k) least = std::min(least, run(i));
            timed.push_back({least, costs[i]});
        }
        std::sort(timed.begin(), timed.end());
        std::vector<float> first;
        for (size_t i = 0; i < timed.size(); ++i)
            first.push_back(timed[i].first), costs[i] = timed[i].second;
        runs = 0;
        return first;
    }
};

}  // namespace

TEST(Contest, SwingsDoNotDecide) {
    int wrongBefore = 0;
    for (double period = 20; period < 3000; period *= 1.1) {
        for (int phase = 0; phase < 50; ++phase) {
            Processor p;
            p.period = period;
            p.now = period * phase / 25;
            p.costs = {1.1F, 1};
            const auto first = p.timeFirst();
            wrongBefore += p.costs[0] > p.costs[1];
            const auto ms = builder::timeInTurn(first, p);
            ASSERT_NEAR(ms[1] / ms[0], p.costs[1] / p.costs[0], 0.02) << period << " " << phase;
            ASSERT_LE(ms[0], first[0]);
        }
    }
    EXPECT_GT(wrongBefore, 10);
}

TEST(Contest, LostCoresDoNotDecide) {
    int wrong = 0;
    for (unsigned seed = 1; seed <= 200; ++seed) {
        Processor p;
        p.losing = 0.3;
        p.random.seed(seed);
        p.costs = {1, 0.9F};
        const auto ms = builder::timeInTurn({1, 1.3F}, p);
        wrong += std::abs(ms[1] - 0.9F) > 0.01F;
    }
    EXPECT_LE(wrong, 6);  // the first timing and two rounds may all have been unlucky
}

TEST(Contest, WhoIsFarBehindIsNotRun) {
    Processor p;
    p.costs = {9, 1, 4.1F};
    const auto first = p.timeFirst();
    EXPECT_EQ(builder::timeInTurn(first, p), first);
    EXPECT_EQ(p.runs, 0);
}

// Two rounds tell that it was no swing.
TEST(Contest, WhoStaysBehindIsRunInTwoRounds) {
    Processor p;
    p.costs = {1, 2};
    const auto first = p.timeFirst();
    EXPECT_NEAR(builder::timeInTurn(first, p)[1], 2, 0.01);
    EXPECT_EQ(p.runs, 8);
}

// Layers are weighed against each other: what was timed while something disturbed does not stay so.
TEST(Contest, LeastTimeIsTheScale) {
    Processor p;
    p.costs = {1, 1.1F};
    const auto ms = builder::timeInTurn({3, 3.1F}, p);
    EXPECT_NEAR(ms[0], 1, 0.01);
    EXPECT_NEAR(ms[1], 1.1, 0.01);
}

TEST(Contest, NothingBeyondTheAllowance) {
    Processor p;
    p.costs = {1, 1.1F};
    const auto first = p.timeFirst();
    p.allowed = false;
    EXPECT_EQ(builder::timeInTurn(first, p), first);
    EXPECT_EQ(p.runs, 0);
    builder::Allowance a;
    while (a.covers(1)) a.spend(1);
    a.earn(100);
    EXPECT_TRUE(a.covers(19));
    EXPECT_FALSE(a.covers(25));
}
