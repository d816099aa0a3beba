// SPDX-License-Identifier: Apache-2.0
#include "ir/constants.h"
#include "ir/edit.h"
#include "passes/pass.h"
#include "tensor/convert.h"

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
}

}  // namespace bireme::passes
