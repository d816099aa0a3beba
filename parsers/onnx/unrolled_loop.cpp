// SPDX-License-Identifier: Apache-2.0
// A Loop that carries sequences and whose few turns are known: its body once for every turn, so
// that the sequences stay lists of known tensors.
#include "parsers/onnx/graph_import.h"

namespace bireme::onnx_import {

namespace {

constexpr int64_t kMaxTurns = 64;
constexpr int64_t kMaxUnrolledNodes = 4096;  // of all turns together

bool isTrue(const Constant* c) {
    if (c == nullptr) return false;
    const std::vector<int64_t> values = toIntegers(*c);
    return values.size() == 1 && values[0] != 0;
}

const NodeProto* makerOf(const GraphProto& graph, std::string_view name) {
    for (const NodeProto& node : graph.nodes)
        for (const std::string_view output : node.outputs)
            if (output == name) return &node;
    return nullptr;
}

}  // namespace

// Follows the condition that a turn leaves through Identity nodes to a constant that is true, or to
// the condition that the turn began with.
bool GraphImport::conditionStays(const GraphProto& graph, Scope& outer) {
    std::string_view name = graph.outputs[0].name;
    for (size_t steps = 0; steps <= graph.nodes.size(); ++steps) {
        if (name == graph.inputs[1].name) return true;
        for (const TensorProto& t : graph.initializers)
            if (t.name == name) return isTrue(model_.constants().import(t));
        const NodeProto* maker = makerOf(graph, name);
        if (maker == nullptr) {
            bool broken = false;
            const Value v = find(outer, name, broken);
            return v && isTrue(outer.net->known(v));
        }
        if (maker->opType == "Constant") {
            for (const AttributeProto& a : maker->attributes)
                if (a.name == "value" && a.t != nullptr)
                    return isTrue(model_.constants().import(*a.t));
            return false;
        }
        if (maker->opType != "Identity" || maker->inputs.size() != 1) return false;
        name = maker->inputs[0];
    }
    return false;
}

int64_t GraphImport::turnsToUnroll(const Node& n, const GraphProto& graph, Scope& outer) {
    const size_t carried = graph.inputs.size() - 2;
    if (graph.outputs.size() != 1 + carried || n.known(0) == nullptr) return -1;
    if (n.has(1) && !isTrue(n.known(1))) return -1;
    bool list = false;
    for (size_t i = 0; i < carried; ++i)
        list = list || n.value(static_cast<int>(i) + 2).list != nullptr;
    const std::vector<int64_t> turns = toIntegers(*n.known(0));
    if (!list || turns.size() != 1 || turns[0] < 0 || turns[0] > kMaxTurns) return -1;
    if (turns[0] * static_cast<int64_t>(graph.nodes.size()) > kMaxUnrolledNodes) return -1;
    return conditionStays(graph, outer) ? turns[0] : -1;
}

Outputs GraphImport::unrolledLoop(Node& n, const GraphProto& graph, Scope& outer, int64_t turns) {
    using Kind = ValueInfoProto::Kind;
    std::vector<Value> carried;
    for (size_t i = 2; i < graph.inputs.size(); ++i)
        carried.push_back(n.value(static_cast<int>(i)));
    for (int64_t turn = 0; turn < turns; ++turn) {
        // Some writers declare the turn and the condition as lists of one.
        std::vector<Value> inputs;
        for (const size_t i : {size_t{0}, size_t{1}}) {
            const ValueInfoProto& info = graph.inputs[i];
            const Dims dims = info.hasShape && info.dims.size() == 1 ? Dims{1, {1}} : Dims{};
            inputs.emplace_back(
                net_->pool().makeReals({}, i == 0 ? DataType::kINT64 : DataType::kBOOL, dims,
                                       {i == 0 ? static_cast<double>(turn) : 1.0}));
        }
        inputs.insert(inputs.end(), carried.begin(), carried.end());
        const Outputs out = inlined(graph, n.proto(), outer, inputs, std::to_string(turn) + "/");
        if (out.size() != graph.outputs.size()) return {};
        for (size_t i = 0; i < carried.size(); ++i) {
            n.require(static_cast<bool>(out[i + 1]), "the body lacks an output");
            const ListTypePtr list = listTypeOf(carried[i]);
            carried[i] = asDeclared(*net_, out[i + 1],
                                    !list            ? Kind::kTensor
                                    : list->optional ? Kind::kOptional
                                                     : Kind::kSequence);
        }
    }
    return carried;
}

}  // namespace bireme::onnx_import
