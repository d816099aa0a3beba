// SPDX-License-Identifier: Apache-2.0
#include "ir/edit.h"
#include "passes/fuse/region.h"

#include <algorithm>

namespace bireme::passes {

namespace {

// Partitions the pointwise nodes into convex regions of equal dims. A region counts as one node in
// every search for paths, so that regions can become groups in any order.
class Regions {
public:
    Regions(const ir::Graph& g, ir::Constants& constants, bool singleOutput)
        : g_(g), singleOutput_(singleOutput) {
        std::vector<ir::NodeId> order = g.order();
        size_t size = order.empty()
                          ? 0
                          : static_cast<size_t>(*std::max_element(order.begin(), order.end())) + 1;
        place_.resize(size, -1);
        region_.resize(size, -1);
        seen_.resize(size, 0);
        for (size_t i = 0; i < order.size(); ++i) {
            place_[order[i]] = static_cast<int>(i);
            crossing_.push_back(static_cast<int>(i) + 1);
        }
        for (ir::NodeId n : order)
            if (isFusable(g, constants, g.node(n))) fusable_.push_back(n);
    }

    // `among`: only these nodes (empty: all that can be fused).
    void grow(const std::vector<ir::NodeId>& among) {
        for (ir::NodeId n : fusable_) {
            if (!among.empty() && std::find(among.begin(), among.end(), n) == among.end()) continue;
            region_[n] = static_cast<int>(members_.size());
            members_.push_back({n});
            for (ir::ValueId v : g_.node(n).inputs) {
                if (v == ir::kNoValue || g_.value(v).producer == ir::kNoNode) continue;
                int above = region_[g_.value(v).producer];
                if (above >= 0 && above != region_[n] && mayJoin(above, region_[n], v))
                    merge(above, region_[n]);
            }
        }
    }

    std::vector<std::vector<ir::NodeId>> result() const {
        std::vector<std::vector<ir::NodeId>> regions;
        for (auto members : members_) {
            if (members.size() < 2) continue;
            std::sort(members.begin(), members.end(),
                      [&](auto a, auto b) { return place_[a] < place_[b]; });
            regions.push_back(std::move(members));
        }
        return regions;
    }

private:
    bool mayJoin(int above, int below, ir::ValueId through) {
        const auto &a = members_[above], &b = members_[below];
        if (a.size() + b.size() > kMaxGroupNodes) return false;
        if (g_.value(g_.node(b[0]).outputs[0]).desc.dims != g_.value(through).desc.dims)
            return false;
        std::vector<ir::NodeId> both = a;
        both.insert(both.end(), b.begin(), b.end());
        if (inputsOf(g_, both) > kMaxGroupInputs) return false;
        if (outputsOf(g_, both) > (singleOutput_ ? 1 : kMaxGroupOutputs)) return false;
        return !pathOutside(above, below);
    }

    // A path from region `above` to region `below` through nodes of neither.
    bool pathOutside(int above, int below) {
        ++stamp_;
        const int first = earliestAfter(above);
        std::vector<ir::NodeId> pending;
        auto pushInputs = [&](ir::NodeId n, bool direct) {
            for (ir::ValueId v : g_.node(n).inputs) {
                ir::NodeId p = v == ir::kNoValue ? ir::kNoNode : g_.value(v).producer;
                if (p == ir::kNoNode || seen_[p] == stamp_ || region_[p] == below) continue;
                if (direct && region_[p] == above) continue;  // the edges that the merge swallows
                seen_[p] = stamp_;
                pending.push_back(p);
            }
        };
        for (ir::NodeId n : members_[below]) pushInputs(n, true);
        while (!pending.empty()) {
            ir::NodeId n = pending.back();
            pending.pop_back();
            if (region_[n] == above) return true;
            if (region_[n] < 0) {
                if (place_[n] > first) pushInputs(n, false);
                continue;
            }
            bool late = false;
            for (ir::NodeId m : members_[region_[n]]) late = late || place_[m] > first;
            if (!late) continue;
            for (ir::NodeId m : members_[region_[n]]) {
                seen_[m] = stamp_;
                pushInputs(m, false);
            }
        }
        return false;
    }

    // The first place that a path from the region can come to: edges lead to later places, but a
    // region on the way, being one node, leads to all of its members.
    int earliestAfter(int region) const {
        int first = INT32_MAX;
        for (ir::NodeId n : members_[region]) first = std::min(first, place_[n]);
        while (first > 0 && crossing_[static_cast<size_t>(first) - 1] < first)
            first = crossing_[static_cast<size_t>(first) - 1];
        return first;
    }

    void merge(int above, int below) {
        int first = INT32_MAX, last = 0;
        for (const auto* both : {&members_[above], &members_[below]})
            for (ir::NodeId n : *both)
                first = std::min(first, place_[n]), last = std::max(last, place_[n]);
        for (int p = first; p < last; ++p)
            crossing_[static_cast<size_t>(p)] = std::min(crossing_[static_cast<size_t>(p)], first);
        for (ir::NodeId n : members_[below]) region_[n] = above;
        members_[above].insert(members_[above].end(), members_[below].begin(),
                               members_[below].end());
        members_[below].clear();
    }

    const ir::Graph& g_;
    const bool singleOutput_;
    std::vector<ir::NodeId> fusable_;
    std::vector<int> place_, region_,
        seen_;  // by node: position in the order, region or -1, stamp of the last search
    // By place: the first place of all regions that have members up to it and behind it, or the
    // next place.
    std::vector<int> crossing_;
    std::vector<std::vector<ir::NodeId>> members_;
    int stamp_ = 0;
};

// Groups what can run of one region, front to back.
void formGroups(PassRun& run, std::vector<ir::NodeId> members) {
    while (members.size() >= 2 && run.mayRewrite()) {
        std::string why;
        size_t n = largestRunnable(run, members, 2, why);
        if (n == 0) {
            run.didNot(run.graph.node(members[0]).name,
                       cat("not fused with ", members.size() - 1, " more: ", why));
            members.erase(members.begin());
            continue;
        }
        formGroup(run, members, n, why);
        members.erase(members.begin(), members.begin() + static_cast<std::ptrdiff_t>(n));
    }
}

}  // namespace

// f(g(x), y, ...) => one group      f, g pointwise on equal dims; a tensor with other readers
// becomes a second output
BIREME_PASS(fuse_pointwise, "pointwise nodes that read each other on equal dims => one group") {
    ir::Constants constants(run.graph);
    Regions regions(run.graph, constants, false);
    regions.grow({});
    std::vector<ir::NodeId> rest;  // of regions with several outputs that cannot run as one
    for (const auto& members : regions.result()) {
        std::string why;
        bool whole = outputsOf(run.graph, members) == 1 ||
                     largestRunnable(run, members, members.size(), why) != 0;
        if (whole)
            formGroups(run, members);
        else
            rest.insert(rest.end(), members.begin(), members.end());
    }
    if (rest.empty()) return;
    ir::Constants again(run.graph);
    Regions narrow(run.graph, again, true);
    narrow.grow(rest);
    for (const auto& members : narrow.result()) formGroups(run, members);
}

}  // namespace bireme::passes
