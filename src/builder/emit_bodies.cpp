// SPDX-License-Identifier: Apache-2.0
// Control flow: a step whose bodies are regions of its own.
#include "builder/emitter.h"

namespace bireme::builder {

void Emitter::runBody(const ControlFlow& flow, const plan::Step& step, const plan::Region& outer) {
    const auto& inputs = v_.graph.inputs();
    for (size_t i = 0; i < inputs.size(); ++i) {
        const size_t k = flow.first + i;
        const bool changes = flow.loop && k < flow.loop->passed();
        if ((!changes && step.inputs[k] < 0) || !readsPassed(v_.graph, i)) continue;
        TensorDesc d = v_.graph.value(inputs[i]).desc;
        d.format = Format::linear();
        tensors_[inputs[i]] = addTensor(v_.graph.value(inputs[i]).name, d, plan::Storage::parent,
                                        static_cast<int>(k));
    }
    for (ir::ValueId v : inputs) readbacks(v);
    addSteps();
    if (flow.loop && flow.first == 2) region_.outputs.push_back(-1);
    for (ir::ValueId v : v_.graph.outputs()) {
        const size_t k = region_.outputs.size();
        region_.outputs.push_back(flow.loop ? stored(v) : bodyOutput(v, step, outer, k));
    }
    shareMemory();
}

int Emitter::stored(ir::ValueId v) {
    int tensor = operand(v, plain(v));
    const int root = region().tensors[static_cast<size_t>(tensor)].aliasOf;
    if (region().tensors[static_cast<size_t>(root >= 0 ? root : tensor)].storage !=
        plan::Storage::extents)
        return tensor;
    const TensorDesc d = region().tensors[static_cast<size_t>(tensor)].desc;
    return convert(tensor, addTensor(v_.graph.value(v).name, d, plan::Storage::arena));
}

int Emitter::bodyOutput(ir::ValueId v, const plan::Step& step, const plan::Region& outer,
                        size_t k) {
    const int tensor = stored(v);
    auto& t = region().tensors[static_cast<size_t>(tensor)];
    if (step.outputs[k] < 0) return tensor;
    const auto& result = outer.tensors[static_cast<size_t>(step.outputs[k])].desc;
    if (t.aliasOf < 0 && t.storage == plan::Storage::arena && t.desc.dims == result.dims &&
        t.desc.format == result.format) {
        t.storage = plan::Storage::parent;
        t.index = static_cast<int32_t>(step.inputs.size() + k);
    }
    return tensor;
}

void Emitter::emitBodies(const ir::Node& n, const GroupChoice& choice) {
    const ControlFlow flow = controlFlow(v_.graph, n);
    plan::Step step;
    step.kind = flow.loop ? plan::StepKind::loop : plan::StepKind::conditional;
    if (flow.loop) step.kernelBytes = Blob::own(flow.loop->bytes());
    step.name = n.name;
    step.origins = n.origins.list();
    step.metadata = n.metadata;
    for (size_t k = 0; k < flow.operands.size(); ++k) {
        const ir::ValueId v = flow.operands[k];
        bool read = k < (flow.loop ? flow.loop->passed() : flow.first);
        for (const auto& body : choice.bodies)
            read = read || readsPassed(body->graph, k - flow.first);
        step.inputs.push_back(v != ir::kNoValue && read ? operand(v, plain(v)) : -1);
    }
    for (ir::ValueId v : flow.results) {
        if (v == ir::kNoValue) {
            step.outputs.push_back(-1);
            continue;
        }
        TensorDesc d = v_.graph.value(v).desc;
        d.format = Format::linear();
        step.outputs.push_back(tensors_[v] =
                                   addTensor(v_.graph.value(v).name, d, plan::Storage::arena));
    }
    addDefines(step, flow.results);
    for (const auto& body : choice.bodies) {
        plan::Region child;
        Emitter(job_, *body, target_, child).runBody(flow, step, region());
        step.children.push_back(std::move(child));
    }
    region().steps.push_back(std::move(step));
    for (ir::ValueId v : n.outputs) readbacks(v);
}

bool Emitter::readsPassed(const ir::Graph& body, size_t i) {
    const ir::ValueId v = body.inputs()[i];
    return !body.isConstant(v) && body.useCount(v) > 0;
}

}  // namespace bireme::builder
