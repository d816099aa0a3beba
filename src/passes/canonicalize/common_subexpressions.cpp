// SPDX-License-Identifier: Apache-2.0
#include "base/hash.h"
#include "ir/attributes.h"
#include "ir/edit.h"
#include "passes/pass.h"
#include "passes/support/pointwise.h"

#include <algorithm>
#include <cstring>
#include <map>

namespace bireme::passes {

namespace {

class Keys {
public:
    explicit Keys(const ir::Graph& g) : g_(g) {}

    Hash128 node(const ir::Node& n) {
        text_.clear();
        add(&n.op.def(), sizeof(void*));
        auto attributes = ir::attributeBytes(n.op);
        add(attributes.size());
        add(attributes.data(), attributes.size());
        std::vector<ir::ValueId> in = n.inputs;
        const Pointwise* p = n.op.as<Pointwise>();
        bool swaps = (p && isCommutative(p->fn)) || n.op.def().has(ir::kCommutative);
        if (swaps && in.size() >= 2 && in[1] < in[0]) std::swap(in[0], in[1]);
        add(in.data(), in.size() * sizeof(in[0]));
        add(n.outputs.size());
        add(n.precision ? static_cast<int>(*n.precision) : -1);
        for (const auto& t : n.outputTypes) add(t ? static_cast<int>(*t) : -1);
        return hash128(text_);
    }

    // Of a tensor whose elements are extents.
    Hash128 known(const ir::Value& v) {
        text_ = "known " + v.desc.text();
        for (const Dim& d : *v.known) text_ += " " + d.text();
        return hash128(text_);
    }

    Hash128 constant(const ir::Value& v) {
        text_.clear();
        std::string desc = v.desc.text();
        add(desc.data(), desc.size());
        if (v.constant.size() <= kCompared)
            add(v.constant.data(), v.constant.size());
        else
            add(reinterpret_cast<uintptr_t>(v.constant.data()));
        return hash128(text_);
    }

private:
    static constexpr size_t kCompared =
        4096;  // larger constants are the same only if their bytes lie in one place

    void add(const void* data, size_t size) {
        if (size) text_.append(static_cast<const char*>(data), size);
    }
    template <typename T>
    requires std::is_integral_v<T>
    void add(T v) { add(&v, sizeof v); }
    void add(const ir::OpDef* def, size_t) { add(reinterpret_cast<uintptr_t>(def)); }

    const ir::Graph& g_;
    std::string text_;
};

bool isShareable(const ir::Node& n) {
    const ir::OpDef& d = n.op.def();
    return n.bodies.empty() && !n.outputs.empty() && !d.has(ir::kNondeterministic) &&
           !d.has(ir::kSideEffect);
}

// Does the node make nothing but extents of which some are known when running only?
bool makesExtents(const ir::Graph& g, const ir::Node& n) {
    const auto& known = g.value(n.outputs[0]).known;
    return n.outputs.size() == 1 && known && !allStatic(*known);
}

// Equal constants become one value; a refittable one stays itself.
size_t shareConstants(PassRun& run, Keys& keys) {
    std::map<Hash128, ir::ValueId> first;
    size_t shared = 0;
    for (ir::ValueId v : run.graph.valueIds()) {
        const ir::Value& value = run.graph.value(v);
        bool plain =
            value.constant && value.producer == ir::kNoNode && ir::isInternal(run.graph, v);
        if (!plain || value.refittable || value.range || value.users.empty()) continue;
        auto [it, fresh] = first.try_emplace(keys.constant(value), v);
        if (fresh || !run.mayRewrite()) continue;
        run.did(value.name, "an equal constant exists already");
        run.graph.replaceUses(v, it->second);
        ++shared;
    }
    return shared;
}

}  // namespace

// f(x), f(x) => one f(x); tensors of the same extents => one
BIREME_PASS(common_subexpressions,
            "f(x) and f(x) => one f(x), tensors that hold the same extents => one") {
    Keys keys(run.graph);
    shareConstants(run, keys);
    ir::Constants constants(run.graph);
    std::map<Hash128, ir::NodeId> first;
    for (ir::NodeId id : run.graph.order()) {
        if (!run.mayRewrite()) return;
        const ir::Node& n = run.graph.node(id);
        if (!isShareable(n)) continue;
        const Hash128 key =
            makesExtents(run.graph, n) ? keys.known(run.graph.value(n.outputs[0])) : keys.node(n);
        auto [it, fresh] = first.try_emplace(key, id);
        if (!run.graph.isAlive(it->second)) it->second = id;  // its readers read another one now
        if (it->second == id) continue;
        std::string layer = run.graph.node(id).name, twin = run.graph.node(it->second).name;
        ir::Edit edit(run.graph, constants, {it->second, id});
        const ir::Node &a = run.graph.node(it->second), &b = run.graph.node(id);
        for (size_t i = 0; i < b.outputs.size(); ++i) edit.replace(b.outputs[i], a.outputs[i]);
        ir::Outcome outcome = edit.commit();
        if (outcome.done)
            run.did(layer, cat("computes the same as \"", twin, "\""));
        else
            run.didNot(layer, cat("computes the same as \"", twin, "\", but ", outcome.why));
    }
}

}  // namespace bireme::passes
