// SPDX-License-Identifier: Apache-2.0
#include "builder/storage.h"

#include "plan/memory_plan.h"
#include "tensor/dim_likely.h"

#include <algorithm>
#include <optional>

namespace bireme::builder {

namespace {

constexpr int64_t kAlign = 64;
constexpr int64_t kLargest = int64_t(1) << 46;      // no machine has this: such a bound is no bound
constexpr int64_t kLargestOpen = int64_t(1) << 28;  // where data decide, most bounds are far off

// Does an extent hang on values that only running tells?
bool hangsOnData(const DimVector& dims) {
    std::vector<std::string> names;
    for (const Dim& d : dims) d.collectSymbols(names);
    return std::any_of(names.begin(), names.end(),
                       [](const std::string& n) { return n[0] == '@' || n[0] == '$'; });
}

std::optional<int64_t> boundBytes(const TensorDesc& d, const Dim::Values& max,
                                  const std::map<std::string, DimRange, std::less<>>& ranges) {
    std::vector<int64_t> dims;
    double product = 1;
    for (const Dim& x : d.dims) {
        // Dims are rarely anything but monotone in their symbols; the interval bound covers the
        // rest.
        int64_t bound = std::max(evalLikely(x, max).value_or(0), x.range(ranges).max);
        if (bound < 0 || bound > kLargest) return std::nullopt;
        dims.push_back(bound);
        product *= static_cast<double>(bound);
    }
    if (product > static_cast<double>(kLargest)) return std::nullopt;
    auto bytes = static_cast<int64_t>(bytesFor(d.type, d.format.bufferElements(dims)));
    if (bytes > kLargestOpen && hangsOnData(d.dims)) return std::nullopt;
    return (std::max<int64_t>(bytes, 1) + kAlign - 1) / kAlign * kAlign;
}

struct Life {
    int first = -1, last = -1;
    int64_t bytes = 0;
};

void touch(const plan::Region& r, std::vector<Life>& lives, int tensor, int step) {
    if (tensor < 0) return;
    int alias = r.tensors[static_cast<size_t>(tensor)].aliasOf;
    Life& l = lives[static_cast<size_t>(alias >= 0 ? alias : tensor)];
    if (l.first < 0) l.first = step;
    l.last = step;
}

using Ranges = std::map<std::string, DimRange, std::less<>>;

// Moves what a region has in the arena, and what its own regions have.
void shift(plan::Region& r, int64_t by) {
    for (plan::PlanTensor& t : r.tensors)
        if (t.storage == plan::Storage::arena && t.aliasOf < 0) t.offset += by;
    for (plan::Step& s : r.steps) {
        if (s.workspaceBound > 0) s.workspaceOffset += by;
        for (plan::Region& child : s.children) shift(child, by);
    }
}

// Lays out a region from 0 on; returns the bytes it takes. The regions of a step are its
// workspace: only one of them runs.
int64_t placeRegion(plan::Region& r, const Dim::Values& max, const Ranges& ranges) {
    for (plan::Step& s : r.steps)
        for (plan::Region& child : s.children)
            s.workspaceBound = std::max(s.workspaceBound, placeRegion(child, max, ranges));
    std::vector<Life> lives(r.tensors.size());
    for (size_t s = 0; s < r.steps.size(); ++s) {
        for (int t : r.steps[s].inputs) touch(r, lives, t, static_cast<int>(s));
        for (int t : r.steps[s].outputs) touch(r, lives, t, static_cast<int>(s));
    }
    for (int t : r.outputs) touch(r, lives, t, static_cast<int>(r.steps.size()));
    std::vector<plan::Interval> intervals;
    std::vector<int64_t*> targets;
    for (size_t t = 0; t < r.tensors.size(); ++t) {
        plan::PlanTensor& tensor = r.tensors[t];
        if (tensor.storage != plan::Storage::arena || tensor.aliasOf >= 0) continue;
        auto bytes = boundBytes(tensor.desc, max, ranges);
        if (!bytes) {
            tensor.storage = plan::Storage::deferred;
            continue;
        }
        if (lives[t].first < 0) lives[t].first = lives[t].last = 0;
        intervals.push_back({*bytes, lives[t].first, lives[t].last, kAlign});
        targets.push_back(&tensor.offset);
    }
    for (size_t s = 0; s < r.steps.size(); ++s) {
        if (r.steps[s].workspaceBound <= 0) continue;
        intervals.push_back(
            {r.steps[s].workspaceBound, static_cast<int>(s), static_cast<int>(s), kAlign});
        targets.push_back(&r.steps[s].workspaceOffset);
    }
    plan::MemoryPlan layout = plan::planMemory(intervals);
    for (size_t i = 0; i < targets.size(); ++i) *targets[i] = layout.offsets[i];
    for (plan::Step& s : r.steps)
        for (plan::Region& child : s.children) shift(child, s.workspaceOffset);
    return layout.total;
}

}  // namespace

void placeStorage(plan::Variant& variant, const Dim::Values& max, const Ranges& ranges) {
    variant.arenaBytes = placeRegion(variant.root, max, ranges);
}

}  // namespace bireme::builder
