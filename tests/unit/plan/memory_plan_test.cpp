// SPDX-License-Identifier: Apache-2.0
#include "plan/memory_plan.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <random>

using namespace bireme::plan;

namespace {

// The most bytes that live at one step: no plan can be smaller.
int64_t lowerBound(const std::vector<Interval>& intervals, int32_t steps) {
    int64_t most = 0;
    for (int32_t s = 0; s < steps; ++s) {
        int64_t live = 0;
        for (const auto& i : intervals)
            if (i.first <= s && s <= i.last) live += (i.size + 63) / 64 * 64;
        most = std::max(most, live);
    }
    return most;
}

void expectSound(const std::vector<Interval>& intervals, const MemoryPlan& plan) {
    ASSERT_EQ(plan.offsets.size(), intervals.size());
    for (size_t a = 0; a < intervals.size(); ++a) {
        const Interval& x = intervals[a];
        EXPECT_GE(plan.offsets[a], 0);
        EXPECT_EQ(plan.offsets[a] % x.alignment, 0);
        EXPECT_LE(plan.offsets[a] + x.size, plan.total);
        for (size_t b = 0; b < a; ++b) {
            const Interval& y = intervals[b];
            bool together = x.first <= y.last && y.first <= x.last && x.size > 0 && y.size > 0;
            bool apart = plan.offsets[a] + x.size <= plan.offsets[b] ||
                         plan.offsets[b] + y.size <= plan.offsets[a];
            EXPECT_TRUE(!together || apart) << "buffers " << a << " and " << b << " overlap";
        }
    }
}

}  // namespace

TEST(MemoryPlan, LiveBuffersNeverOverlap) {
    std::mt19937 random(7);
    for (int round = 0; round < 300; ++round) {
        int32_t steps = 1 + static_cast<int32_t>(random() % 40);
        std::vector<Interval> intervals(random() % 60);
        for (auto& i : intervals) {
            i.size = static_cast<int64_t>(random() % 5 == 0 ? 0 : random() % 100000);
            i.first = static_cast<int32_t>(random() % static_cast<uint32_t>(steps));
            i.last = std::min(steps - 1, i.first + static_cast<int32_t>(random() % 6));
            i.alignment = random() % 4 == 0 ? 4096 : 64;
        }
        expectSound(intervals, planMemory(intervals));
    }
}

TEST(MemoryPlan, AChainTakesTwoBuffers) {
    std::vector<Interval> chain;
    for (int32_t i = 0; i < 50; ++i) chain.push_back({4096, i, i + 1, 64});
    EXPECT_EQ(planMemory(chain).total, 8192);
}

TEST(MemoryPlan, PacksRandomLifetimesNearTheLowerBound) {
    std::mt19937 random(11);
    double worst = 1, sum = 0;
    for (int round = 0; round < 50; ++round) {
        std::vector<Interval> intervals(100);
        for (auto& i : intervals) {
            i.size = static_cast<int64_t>(1 + random() % 1000) * 64;
            i.first = static_cast<int32_t>(random() % 60);
            i.last = i.first + static_cast<int32_t>(random() % 5);
        }
        double ratio = static_cast<double>(planMemory(intervals).total) /
                       static_cast<double>(lowerBound(intervals, 70));
        worst = std::max(worst, ratio);
        sum += ratio;
    }
    EXPECT_LT(worst, 1.35);
    EXPECT_LT(sum / 50, 1.12);
}

TEST(MemoryPlan, NothingTakesNothing) {
    EXPECT_EQ(planMemory({}).total, 0);
    EXPECT_EQ(planMemory({{0, 0, 3, 64}}).total, 0);
}
