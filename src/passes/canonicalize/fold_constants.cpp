// SPDX-License-Identifier: Apache-2.0
#include "base/text.h"
#include "ir/constants.h"
#include "ir/edit.h"
#include "passes/pass.h"
#include "tensor/convert.h"

#include <algorithm>
#include <map>
#include <set>

namespace bireme::passes {

namespace {

// Elements that inference knows as numbers, though their producer reads a tensor's extents.
std::optional<ir::Tensor> inferredElements(const ir::Value& v) {
    if (!v.known || !allStatic(*v.known) || !allStatic(v.desc.dims) || isReal(v.desc.type))
        return std::nullopt;
    std::vector<int64_t> numbers = staticValues(*v.known);
    if (volume(v.desc.dims).value() != static_cast<int64_t>(numbers.size())) return std::nullopt;
    std::vector<uint8_t> bytes(bytesFor(v.desc.type, static_cast<int64_t>(numbers.size())));
    convertElements(DataType::kINT64, numbers.data(), v.desc.type, bytes.data(),
                    static_cast<int64_t>(numbers.size()));
    return ir::Tensor{v.desc.type, staticValues(v.desc.dims), Blob::own(std::move(bytes))};
}

bool isReadByRunning(const ir::Graph& g, ir::Constants& constants, ir::ValueId v) {
    for (const ir::Use& u : g.value(v).users)
        for (ir::ValueId out : g.node(u.node).outputs)
            if (!constants.is(out)) return true;
    return g.isOutput(v) || g.value(v).debug;
}

void foldOutput(PassRun& run, ir::Constants& constants, ir::ValueId v) {
    const ir::Value& value = run.graph.value(v);
    if (value.constant || (value.users.empty() && ir::isInternal(run.graph, v))) return;
    std::optional<ir::Tensor> elements = inferredElements(value);
    bool inferred = elements.has_value();
    if (const ir::Tensor* t = inferred ? nullptr : constants.known(v)) elements = *t;
    std::string layer = run.graph.node(value.producer).name;
    if (!elements) {
        if (constants.is(v) && isReadByRunning(run.graph, constants, v))
            run.didNot(layer, "a constant expression that is evaluated when the engine is written");
        return;
    }
    ir::Edit edit(run.graph, constants, {value.producer});
    ir::ValueId c =
        edit.addConstant({elements->type, toDims(elements->dims), {}, {}}, elements->bytes);
    edit.replace(v, c);
    ir::Outcome outcome = edit.commit();
    if (outcome.done)
        run.did(layer, inferred ? "its elements are known from shapes: now a constant"
                                : "constant, evaluated");
    else
        run.didNot(layer, outcome.why);
}

// Values that hang on extents of inputs alone, with the names of those: constants where all
// profiles fix them.
class OfExtents {
public:
    OfExtents(const ir::Graph& g, ir::Constants& constants) : g_(g) {
        for (ir::NodeId id : g.order()) read(g.node(id), constants);
    }
    // The names; null of any other value.
    const std::set<std::string>* find(ir::ValueId v) const {
        const auto it = names_.find(v);
        return it == names_.end() ? nullptr : &it->second;
    }

private:
    void read(const ir::Node& n, ir::Constants& constants) {
        const ir::OpDef& def = n.op.def();
        if (!n.bodies.empty() || def.has(ir::kNondeterministic) || def.has(ir::kSideEffect)) return;
        std::vector<std::string> names;
        const size_t read = def.has(ir::kShapeOnly) ? 1 : 0;
        if (read) collect(n.inputs[0], names);
        for (size_t i = read; i < n.inputs.size(); ++i) {
            if (n.inputs[i] == ir::kNoValue || constants.is(n.inputs[i])) continue;
            const auto* of = find(n.inputs[i]);
            if (!of) return;
            names.insert(names.end(), of->begin(), of->end());
        }
        for (ir::ValueId v : n.outputs) collect(v, names);
        for (const std::string& name : names) {
            const auto symbol = g_.symbols.find(name);
            if (symbol == g_.symbols.end() ||
                symbol->second.source != ir::SymbolSource::inputExtent)
                return;
        }
        if (names.empty()) return;
        for (ir::ValueId v : n.outputs) names_[v] = {names.begin(), names.end()};
    }
    void collect(ir::ValueId v, std::vector<std::string>& names) const {
        for (const Dim& d : g_.value(v).desc.dims) d.collectSymbols(names);
    }

    const ir::Graph& g_;
    std::map<ir::ValueId, std::set<std::string>> names_;
};

// What is computed at every run, though only extents that are open keep it from being a constant.
void tellOfExtents(PassRun& run, ir::Constants& constants) {
    const OfExtents values(run.graph, constants);
    for (ir::NodeId id : run.graph.order()) {
        const ir::Node& n = run.graph.node(id);
        for (ir::ValueId v : n.outputs) {
            const auto* names = values.find(v);
            if (!names || run.graph.value(v).known) continue;  // shapes are evaluated, not run
            const auto& users = run.graph.value(v).users;
            const bool last = std::any_of(users.begin(), users.end(), [&](const ir::Use& u) {
                return u.node == ir::kNoNode || run.graph.node(u.node).outputs.empty() ||
                       !values.find(run.graph.node(u.node).outputs[0]);
            });
            if (last || run.graph.isOutput(v))
                run.didNot(n.name,
                           cat("hangs on the extents ", join({names->begin(), names->end()}, ", "),
                               " alone: a constant only where all profiles fix them"));
        }
    }
}

}  // namespace

// f(constants) => its value, where small; large ones stay expressions until the engine is written
BIREME_PASS(fold_constants, "f(constants) => its value, where small") {
    ir::Constants constants(run.graph);
    for (ir::NodeId n : run.graph.order()) {
        if (!run.graph.isAlive(n)) continue;
        for (size_t i = 0; run.graph.isAlive(n) && i < run.graph.node(n).outputs.size(); ++i) {
            if (!run.mayRewrite()) return;
            foldOutput(run, constants, run.graph.node(n).outputs[i]);
        }
    }
    tellOfExtents(run, constants);
}

}  // namespace bireme::passes
