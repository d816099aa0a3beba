// SPDX-License-Identifier: Apache-2.0
// SequenceMap: its body once for every element where their number is known, else a Loop over it,
// as ONNX defines it.
#include "parsers/onnx/graph_import.h"

namespace bireme::onnx_import {

namespace {

NodeProto nodeOf(std::string_view op, std::vector<std::string_view> inputs,
                 std::string_view output) {
    NodeProto node;
    node.opType = op;
    node.inputs = std::move(inputs);
    node.outputs = {output};
    node.name = output;
    return node;
}

ValueInfoProto named(std::string_view name) {
    ValueInfoProto info;
    info.name = name;
    return info;
}

bool isSequence(const Value& v) { return v.list != nullptr && !v.list->type.optional; }

}  // namespace

std::string_view GraphImport::text(std::string value) {
    return texts_.emplace_back(std::move(value));
}

Outputs GraphImport::unrolledMap(Node& n, const GraphProto& graph, Scope& outer) {
    const size_t count = n.value(0).list->elements.size();
    std::vector<std::vector<Value>> results(graph.outputs.size());
    for (size_t k = 0; k < count; ++k) {
        std::vector<Value> inputs;
        for (size_t i = 0; i < graph.inputs.size(); ++i) {
            const Value& v = n.value(static_cast<int>(i));
            n.require(!isSequence(v) || v.list->elements.size() == count,
                      "the sequences have different lengths");
            inputs.push_back(isSequence(v) ? v.list->elements[k] : v);
        }
        const Outputs out = inlined(graph, n.proto(), outer, inputs, std::to_string(k) + "/");
        if (out.size() != graph.outputs.size()) return {};
        for (size_t i = 0; i < out.size(); ++i) {
            n.require(static_cast<bool>(out[i]), "the body lacks an output");
            results[i].push_back(out[i]);
        }
    }
    Outputs out;
    for (std::vector<Value>& list : results) out.push_back(makeList(*net_, std::move(list)));
    return out;
}

Outputs GraphImport::importSequenceMap(Node& n, Scope& scope) {
    const AttributeProto* body = n.find("body");
    n.require(body != nullptr && body->g != nullptr, "attribute \"body\" is not a graph");
    const GraphProto& graph = *body->g;
    n.require(static_cast<int>(graph.inputs.size()) == n.inputs(),
              "the body has another number of inputs");
    n.require(isSequence(n.value(0)), "the first input must be a sequence");
    bool known = true;
    for (int i = 0; i < n.inputs(); ++i)
        known = known && (!isSequence(n.value(i)) || n.value(i).list->known);
    if (known) return unrolledMap(n, graph, scope);

    const std::string id = "map." + std::to_string(texts_.size()) + ".";
    auto turns = std::make_shared<GraphProto>(graph);
    turns->inputs = {named(text(id + "turn")), named(text(id + "condition"))};
    turns->outputs = {named(text(id + "condition.out"))};
    const std::string_view turn = turns->inputs[0].name;
    std::vector<NodeProto> nodes{
        nodeOf("Identity", {turns->inputs[1].name}, turns->outputs[0].name)};
    for (size_t i = 0; i < graph.inputs.size(); ++i) {
        const std::string_view outside = n.proto().inputs[i], inside = graph.inputs[i].name;
        nodes.push_back(isSequence(n.value(static_cast<int>(i)))
                            ? nodeOf("SequenceAt", {outside, turn}, inside)
                            : nodeOf("Identity", {outside}, inside));
    }
    nodes.insert(nodes.end(), graph.nodes.begin(), graph.nodes.end());
    std::vector<Value> inputs{Net::out(net_->op("list_length", {}, {&packed(*net_, n.value(0))})),
                              Value{}};
    for (size_t i = 0; i < graph.outputs.size(); ++i) {
        const std::string_view before = text(id + "list." + std::to_string(i));
        const std::string_view after = text(id + "list.out." + std::to_string(i));
        turns->inputs.push_back(named(before));
        turns->outputs.push_back(named(after));
        nodes.push_back(nodeOf("SequenceInsert", {before, graph.outputs[i].name}, after));
        inputs.push_back(makeList(*net_, {}));
    }
    turns->nodes = std::move(nodes);
    NodeProto loop = n.proto();
    loop.opType = "Loop";
    loop.attributes.clear();
    loop.attributes.emplace_back();
    loop.attributes[0].name = "body";
    loop.attributes[0].type = AttributeType::kGraph;
    loop.attributes[0].g = turns;
    bodies_.push_back(std::make_unique<std::vector<NodeProto>>(1, std::move(loop)));
    Node view(bodies_.back()->front(), std::move(inputs), ~uint64_t{0}, n.opset(), *net_);
    return importLoop(view, scope);
}

}  // namespace bireme::onnx_import
