// SPDX-License-Identifier: Apache-2.0
#include "builder/in_place.h"

#include <algorithm>

namespace bireme::builder {

namespace {

// Tensors of a region by the memory they are (a part of).
class Memories {
public:
    explicit Memories(plan::Region& r) : r_(r), first_(r.tensors.size(), -1), last_(first_) {
        for (size_t s = 0; s < r.steps.size(); ++s) {
            for (int t : r.steps[s].inputs) touch(t, static_cast<int>(s));
            for (int t : r.steps[s].outputs) touch(t, static_cast<int>(s));
        }
        for (int t : r.outputs) touch(t, static_cast<int>(r.steps.size()));
    }

    // May the result be where the operand is, from step `s` on?
    bool mayShare(size_t s, int operand, int result) const {
        const plan::PlanTensor &x = at(operand), &y = at(result), &whole = at(rootOf(operand));
        const int step = static_cast<int>(s);
        return y.aliasOf < 0 && y.storage == plan::Storage::arena &&
               whole.storage == plan::Storage::arena && isWhole(x, whole) &&
               x.desc.dims == y.desc.dims && x.desc.format == y.desc.format &&
               bits(x.desc.type) == bits(y.desc.type) &&
               bits(whole.desc.type) == bits(y.desc.type) && last(rootOf(operand)) == step &&
               first(result) == step && readsOnce(r_.steps[s], rootOf(operand));
    }

    void share(int operand, int result) {
        const int root = rootOf(operand);
        for (plan::PlanTensor& t : r_.tensors)
            if (t.aliasOf == result) t.aliasOf = root;
        r_.tensors[static_cast<size_t>(result)].aliasOf = root;
        last_[static_cast<size_t>(root)] = last(result);
    }

private:
    void touch(int tensor, int step) {
        if (tensor < 0) return;
        const auto root = static_cast<size_t>(rootOf(tensor));
        if (first_[root] < 0) first_[root] = step;
        last_[root] = step;
    }
    const plan::PlanTensor& at(int t) const { return r_.tensors[static_cast<size_t>(t)]; }
    int rootOf(int t) const { return at(t).aliasOf >= 0 ? at(t).aliasOf : t; }
    int first(int root) const { return first_[static_cast<size_t>(root)]; }
    int last(int root) const { return last_[static_cast<size_t>(root)]; }

    // A view of all elements, one after another as they lie.
    static bool isWhole(const plan::PlanTensor& x, const plan::PlanTensor& whole) {
        const Format& f = x.desc.format;
        return &x == &whole || (f.isDense() && f.offset == 0 && whole.desc.format.isLinear() &&
                                f.isLinear() && volume(x.desc.dims) == volume(whole.desc.dims));
    }

    bool readsOnce(const plan::Step& step, int root) const {
        return std::count_if(step.inputs.begin(), step.inputs.end(),
                             [&](int t) { return t >= 0 && rootOf(t) == root; }) == 1;
    }

    plan::Region& r_;
    std::vector<int> first_, last_;  // steps that read or write a root
};

}  // namespace

int shareMemory(plan::Region& region, const std::map<size_t, int>& overwrites) {
    if (overwrites.empty()) return 0;
    Memories memories(region);
    int shared = 0;
    for (const auto& [s, input] : overwrites) {
        const plan::Step& step = region.steps[s];
        const int x = step.inputs.at(static_cast<size_t>(input)), y = step.outputs.at(0);
        if (x < 0 || y < 0 || !memories.mayShare(s, x, y)) continue;
        memories.share(x, y);
        ++shared;
    }
    return shared;
}

}  // namespace bireme::builder
