// SPDX-License-Identifier: Apache-2.0
#include "plan/memory_plan.h"

#include <algorithm>
#include <numeric>

namespace bireme::plan {

static int64_t roundUp(int64_t v, int64_t to) { return (v + to - 1) / to * to; }

static bool liveTogether(const Interval& a, const Interval& b) {
    return a.first <= b.last && b.first <= a.last;
}

namespace {
struct Placed {
    int64_t begin, end;
    const Interval* interval;
};
}  // namespace

// `placed` is sorted by begin. The smallest hole among the live neighbours that holds the buffer,
// or the end of them.
static int64_t bestFit(const Interval& x, const std::vector<Placed>& placed) {
    int64_t best = -1, bestSize = INT64_MAX, end = 0;
    for (const Placed& p : placed) {
        if (!liveTogether(*p.interval, x)) continue;
        int64_t at = roundUp(end, x.alignment);
        int64_t hole = p.begin - at;
        if (hole >= x.size && hole < bestSize) best = at, bestSize = hole;
        end = std::max(end, p.end);
    }
    return best >= 0 ? best : roundUp(end, x.alignment);
}

MemoryPlan planMemory(const std::vector<Interval>& intervals) {
    std::vector<size_t> order(intervals.size());
    std::iota(order.begin(), order.end(), size_t{0});
    std::stable_sort(order.begin(), order.end(), [&](size_t a, size_t b) {
        const Interval &x = intervals[a], &y = intervals[b];
        if (x.size != y.size) return x.size > y.size;
        return x.last - x.first > y.last - y.first;
    });

    MemoryPlan plan;
    plan.offsets.assign(intervals.size(), 0);
    std::vector<Placed> placed;
    for (size_t i : order) {
        const Interval& x = intervals[i];
        if (x.size <= 0) continue;
        int64_t at = bestFit(x, placed);
        plan.offsets[i] = at;
        plan.total = std::max(plan.total, at + x.size);
        Placed p{at, at + x.size, &x};
        auto where =
            std::upper_bound(placed.begin(), placed.end(), p,
                             [](const Placed& a, const Placed& b) { return a.begin < b.begin; });
        placed.insert(where, p);
    }
    plan.total = roundUp(plan.total, 64);
    return plan;
}

}  // namespace bireme::plan
