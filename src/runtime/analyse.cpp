// SPDX-License-Identifier: Apache-2.0
#include "runtime/loaded.h"

#include <algorithm>
#include <set>

namespace bireme::runtime {

namespace {
class Analyser {
public:
    Analyser(const plan::Plan& plan, LoadedVariant& out) : plan_(plan), out_(out) {}

    int32_t add(const plan::Region& region, int32_t parent, const plan::Step* owner) {
        auto index = static_cast<int32_t>(out_.regions.size());
        LoadedRegion r;
        r.plan = &region;
        r.parent = parent;
        r.owner = owner;
        if (owner && owner->kind == plan::StepKind::loop)
            r.passed = plan::LoopForm::of(*owner).passed();
        findRoots(r);
        for (const plan::Step& s : region.steps) r.steps.push_back(step(r, s));
        split(r);
        out_.steps += region.steps.size();
        out_.regions.push_back(std::move(r));
        for (size_t i = 0; i < region.steps.size(); ++i) {
            for (const plan::Region& child : region.steps[i].children) {
                int32_t added = add(child, index, &region.steps[i]);
                out_.regions[index].steps[i].children.push_back(added);
            }
        }
        return index;
    }

private:
    int32_t symbolId(const std::string& name) {
        auto it = std::find(out_.symbols.begin(), out_.symbols.end(), name);
        if (it == out_.symbols.end()) it = out_.symbols.insert(it, name);
        return static_cast<int32_t>(it - out_.symbols.begin());
    }

    void findRoots(LoadedRegion& r) {
        const auto& tensors = r.plan->tensors;
        r.views.resize(tensors.size());
        for (size_t i = 0; i < tensors.size(); ++i) {
            auto root = static_cast<int32_t>(i);
            while (tensors[root].aliasOf >= 0) root = tensors[root].aliasOf;
            r.roots.push_back(root);
            if (root != static_cast<int32_t>(i)) r.views[root].push_back(static_cast<int32_t>(i));
        }
    }

    LoadedStep step(LoadedRegion& r, const plan::Step& s) {
        LoadedStep out;
        out.plan = &s;
        for (const auto& d : s.defines) {
            LoadedDefine l{symbolId(d.symbol), -1, d.index};
            if (s.kind == plan::StepKind::readback) {
                r.readBack[d.tensor][d.index] = l.symbol;
            } else {
                auto it = std::find(s.outputs.begin(), s.outputs.end(), d.tensor);
                l.output = static_cast<int32_t>(it - s.outputs.begin());
            }
            out.defines.push_back(l);
            r.defined.push_back(l.symbol);
        }
        if (s.kind == plan::StepKind::loop) addLoop(out, s);
        return out;
    }

    void addLoop(LoadedStep& out, const plan::Step& s) {
        out.loop = std::make_unique<plan::LoopForm>(plan::LoopForm::of(s));
        for (const plan::PlanTensor& t : s.children[0].tensors) {
            const int64_t carried = t.index - 2;
            if (t.storage != plan::Storage::parent || t.aliasOf >= 0 || carried < 0 ||
                carried >= out.loop->carried)
                continue;
            for (size_t k = 0; k < t.desc.dims.size(); ++k)
                if (const Dim& d = t.desc.dims[k]; d.isSymbol() && !isInput(d.text()))
                    out.turnExtents.push_back({symbolId(d.text()), static_cast<int32_t>(carried),
                                               static_cast<int32_t>(k)});
        }
    }

    void collect(const DimVector& dims, std::set<std::string>& names) {
        std::vector<std::string> found;
        for (const Dim& d : dims) d.collectSymbols(found);
        names.insert(found.begin(), found.end());
    }

    void collectStep(const LoadedRegion& r, const plan::Step& s, std::set<std::string>& names) {
        for (const auto* list : {&s.inputs, &s.outputs}) {
            for (int32_t t : *list) {
                if (t < 0) continue;
                collect(r.plan->tensors[t].desc.dims, names);
                collect(r.plan->tensors[r.roots[t]].elements, names);
                collect(r.plan->tensors[r.roots[t]].desc.dims, names);
                auto read = r.readBack.find(t);
                if (read == r.readBack.end()) continue;
                for (const auto& [element, symbol] : read->second)
                    names.insert(out_.symbols[symbol]);
            }
        }
    }

    void close(const LoadedRegion& r, Segment& s, bool last) {
        std::set<std::string> names;
        for (int32_t i = s.begin; i < s.end; ++i) collectStep(r, *r.steps[i].plan, names);
        if (last && r.owner)
            for (int32_t t : r.plan->outputs)
                if (t >= 0) collect(r.plan->tensors[t].desc.dims, names);
        if (last && !r.owner)
            for (const auto& io : plan_.io) collect(io.desc.dims, names);
        for (const auto& n : names)
            if (!isInput(n)) s.keys.push_back(symbolId(n));
    }

    bool isInput(const std::string& symbol) const {
        const auto& all = out_.plan->inputSymbols;
        return std::any_of(all.begin(), all.end(),
                           [&](const auto& s) { return s.symbol == symbol; });
    }

    void split(LoadedRegion& r) {
        Segment s;
        for (int32_t i = 0; i < static_cast<int32_t>(r.steps.size()); ++i) {
            s.end = i + 1;
            if (r.steps[i].defines.empty()) continue;
            close(r, s, false);
            r.segments.push_back(std::move(s));
            s = Segment{i + 1, i + 1, {}};
        }
        close(r, s, true);
        r.segments.push_back(std::move(s));
    }

    const plan::Plan& plan_;
    LoadedVariant& out_;
};
}  // namespace

std::unique_ptr<LoadedVariant> analyse(const plan::Plan& plan, const plan::Variant& variant) {
    auto out = std::make_unique<LoadedVariant>();
    out->plan = &variant;
    for (const auto& [symbol, range] : variant.ranges) out->ranges[symbol] = range;
    Analyser(plan, *out).add(variant.root, -1, nullptr);
    return out;
}

}  // namespace bireme::runtime
