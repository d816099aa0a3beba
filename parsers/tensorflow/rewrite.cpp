// SPDX-License-Identifier: Apache-2.0
// What happens to a graph before it is converted.
#include <unordered_map>
#include <unordered_set>

#include "parsers/tensorflow/conversion.h"

namespace bireme::tensorflow {

namespace {

const Node* input(Graph& graph, const Node& node, size_t i) {
    if (i >= node.inputs.size() || split(node.inputs[i]).second != 0) return nullptr;
    return graph.find(split(node.inputs[i]).first);
}

/// Whatever read `old` reads `now`.
void redirect(Graph& graph, const Node& old, const std::string& now) {
    for (Node& node : graph.nodes())
        for (std::string& in : node.inputs)
            if (split(in).first == old.name && split(in).second >= 0) in = now;
}

}  // namespace

void removeAsserts(Graph& graph) {
    std::unordered_map<std::string_view, int> readers;
    for (const Node& node : graph.nodes())
        for (const std::string& in : node.inputs) ++readers[split(in).first];
    std::unordered_set<const Node*> gone;
    std::vector<const Node*> open;
    for (const Node& node : graph.nodes())
        if (node.op == "Assert") open.push_back(&node);
    while (!open.empty()) {
        const Node* node = open.back();
        open.pop_back();
        if (!gone.insert(node).second) continue;
        for (const std::string& in : node->inputs) {
            const Node* producer = graph.find(split(in).first);
            if (producer != nullptr && --readers[producer->name] == 0 &&
                producer->op != "Placeholder")
                open.push_back(producer);
        }
    }
    if (gone.empty()) return;
    for (Node& node : graph.nodes())
        std::erase_if(node.inputs, [&](const std::string& in) {
            const auto [name, output] = split(in);
            return output < 0 && gone.count(graph.find(name)) != 0;
        });
    graph.remove(gone);
}

namespace {

/// Padding of the convolution inside SpaceToBatchND and BatchToSpaceND; empty when it is uneven.
Shape paddingWithin(const std::vector<int64_t>& paddings, const std::vector<int64_t>& crops) {
    if (paddings.size() != 4 || crops.size() != 4) return {};
    Shape out;
    for (size_t i = 0; i < 4; i += 2) {
        const int64_t before = paddings[i] - crops[i];
        if (before != paddings[i + 1] - crops[i + 1] || before < 0) return {};
        out.push_back(before);
    }
    return out;
}

Attribute integersAttribute(Shape values) {
    Attribute a;
    a.kind = Attribute::Kind::kIntegers;
    a.integers = std::move(values);
    return a;
}

}  // namespace

void collapseDilatedConvolutions(Graph& graph, Renamed& renamed) {
    Conversion lookup(graph);
    const auto integers = [&](const Node& node, size_t i) -> std::vector<int64_t> {
        const Node* c =
            i < node.inputs.size() ? lookup.constantNode(split(node.inputs[i]).first) : nullptr;
        return c == nullptr ? std::vector<int64_t>{} : Graph::constant(*c).integers();
    };
    std::unordered_set<const Node*> gone;
    for (Node& outer : graph.nodes()) {
        if (outer.op != "BatchToSpaceND") continue;
        Node* conv = const_cast<Node*>(input(graph, outer, 0));
        if (conv == nullptr || (conv->op != "Conv2D" && conv->op != "DepthwiseConv2dNative") ||
            conv->text("padding", "") != "VALID" || conv->text("data_format", "NHWC") != "NHWC")
            continue;
        const Node* inner = input(graph, *conv, 0);
        if (inner == nullptr || inner->op != "SpaceToBatchND" || inner->inputs.size() < 3) continue;
        const std::vector<int64_t> block = integers(*inner, 1);
        const Shape padding = paddingWithin(integers(*inner, 2), integers(outer, 2));
        if (block.size() != 2 || block != integers(outer, 1) || padding.empty()) continue;
        conv->inputs[0] = inner->inputs[0];
        conv->set("dilations", integersAttribute({1, block[0], block[1], 1}));
        if (padding != Shape{0, 0}) conv->set("bireme_padding", integersAttribute(padding));
        redirect(graph, outer, conv->name);
        renamed[outer.name] = conv->name;
        gone.insert(&outer);
        bool others = false;
        for (const Node& node : graph.nodes())
            for (const std::string& in : node.inputs) others |= split(in).first == inner->name;
        if (!others) gone.insert(inner);
    }
    graph.remove(gone);
}

void collapseSoftmax(Graph& graph, Renamed& renamed) {
    std::unordered_set<const Node*> gone;
    for (Node& last : graph.nodes()) {
        if (last.op != "Reshape") continue;
        Node* softmax = const_cast<Node*>(input(graph, last, 0));
        const Node* shape = input(graph, last, 1);
        if (softmax == nullptr || softmax->op != "Softmax" || shape == nullptr ||
            shape->op != "Shape")
            continue;
        const Node* first = input(graph, *softmax, 0);
        if (first == nullptr || first->op != "Reshape" || first->inputs.empty() ||
            shape->inputs.empty() || split(shape->inputs[0]).first != split(first->inputs[0]).first)
            continue;
        const Node* rows = input(graph, *first, 1);
        const Node* slice =
            rows != nullptr && rows->op == "ConcatV2" ? input(graph, *rows, 1) : nullptr;
        if (slice == nullptr || slice->op != "Slice") continue;
        softmax->inputs[0] = first->inputs[0];
        redirect(graph, last, softmax->name);
        renamed[last.name] = softmax->name;
        gone.insert(&last);
    }
    graph.remove(gone);
}

}  // namespace bireme::tensorflow
