// SPDX-License-Identifier: Apache-2.0
#include "backends/cuda/support/epilogue_text.h"

#include <algorithm>

namespace bireme::cuda {

Support writeEpilogue(const tactic::Query& q, int bias, EpilogueText& out,
                      std::vector<int>& consumed) {
    const ir::Graph& body = q.body();
    const ir::Node* anchor = q.group().anchor();
    if (q.outputs() != 1) return no("more than one result");
    if (q.group().hasPrologue()) return no("something happens before the product");
    std::vector<ir::NodeId> nodes;
    for (ir::NodeId id : body.order())
        if (id != anchor->id) nodes.push_back(id);
    BodyText text(q);
    text.define(anchor->outputs[0], "sum");
    std::string loads;
    int k = 1;
    auto operand = [&](int input, const char* name) {
        const char* type = typeText(q.in(input).type);
        out.inputs.push_back(input);
        loads += cat("    ", registerText(q.in(input).type), " ", name, k, " = get(((const ", type,
                     "*)e.operands[", k - 1, "])[at[", k, "]]);\n");
        return cat(name, k++);
    };
    if (bias >= 0) {
        std::string name = operand(bias, "b");
        loads += cat("    sum += ", name, ";\n");
    }
    for (ir::ValueId v : outsideOperands(q, nodes, text, consumed)) {
        int input = q.group().inputIndex(v);
        if (input < 0) return no("a constant tensor lies inside the body");
        if (k >= kEpilogueOperands) return no("too many operands behind the product");
        text.define(v, operand(input, "x"));
    }
    for (ir::NodeId id : nodes)
        if (Support s = text.add(body.node(id)); !s.ok) return s;
    const char* target = typeText(q.out(0).type);
    out.text = cat("#include \"math.cuh\"\n#include \"walk.cuh\"\n", text.functions(),
                   "struct Epilogue { void* target; const void* operands[", kEpilogueOperands - 1,
                   "]; Loops<", kEpilogueOperands,
                   "> loops; };\n__device__ __forceinline__ void finish(const Epilogue& e, u32 n, "
                   "float sum) {\n    i32 at[",
                   k, "];\n    locate(e.loops, n, at);\n", loads, text.code(), "    ((", target,
                   "*)e.target)[at[0]] = ", text.stored(body.outputs()[0]), ";\n}\n");
    return yes();
}

void placeEpilogue(const device::Shapes& s, const std::vector<int>& inputs, int bias,
                   EpilogueParameters& out) {
    const auto& y = s.outputs[0];
    std::vector<std::vector<int64_t>> steps{broadcastSteps(y.dims, y.format, y.dims)};
    for (int i : inputs) {
        const auto& x = s.inputs[static_cast<size_t>(i)];
        if (i != bias) {
            steps.push_back(broadcastSteps(x.dims, x.format, y.dims));
            continue;
        }
        steps.emplace_back(y.dims.size(), 0);
        steps.back()[1] = product(x.dims) == 1 ? 0 : 1;
    }
    // Row-major in the logical dims: results are numbered so.
    Walk w{y.dims, steps};
    if (w.dims.empty()) {
        w.dims.push_back(1);
        for (auto& t : w.strides) t.push_back(0);
    }
    if (!fillLoops(w, 1, out.loops)) failInvalid("an epilogue has too many loops or operands");
}

void pointEpilogue(const device::Shapes& s, const std::vector<int>& inputs, int,
                   const device::Launch& l, EpilogueParameters& out) noexcept {
    auto at = [](const void* p, const device::TensorShape& t) {
        return static_cast<const char*>(p) + t.format.offset * bits(t.type) / 8;
    };
    out.target = const_cast<char*>(at(l.outputs[0], s.outputs[0]));
    for (size_t k = 0; k < inputs.size(); ++k)
        out.operands[k] = at(l.inputs[inputs[k]], s.inputs[static_cast<size_t>(inputs[k])]);
}

}  // namespace bireme::cuda
