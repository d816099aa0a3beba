// SPDX-License-Identifier: Apache-2.0
#include "ir/graph.h"

#include "base/status.h"
#include "base/text.h"

#include <algorithm>
#include <queue>
#include <utility>

namespace bireme::ir {

ValueId Graph::newValue(const std::string& name, TensorDesc desc) {
    Value v;
    v.id = static_cast<ValueId>(values_.size());
    v.name = name.empty() ? cat("v", v.id) : name;
    v.desc = std::move(desc);
    values_.push_back(std::move(v));
    shown_.emplace_back();
    return values_.back().id;
}

ValueId Graph::addInput(const std::string& name, TensorDesc desc) {
    ValueId v = newValue(name, std::move(desc));
    inputs_.push_back(v);
    return v;
}

ValueId Graph::addConstant(const std::string& name, TensorDesc desc, Blob bytes) {
    size_t expected = bytesFor(desc.type, volume(desc.dims).value());
    if (bytes.size() != expected)
        failInvalid(cat("constant \"", name, "\" of ", desc.text(), " needs ", expected,
                        " bytes, got ", bytes.size()));
    if (!bytes) bytes = Blob::own({});  // an empty tensor is still a constant
    ValueId v = newValue(name, std::move(desc));
    values_[v].constant = std::move(bytes);
    return v;
}

NodeId Graph::addNode(Op op, std::vector<ValueId> inputs, int outputs, const std::string& name) {
    Node n;
    n.id = static_cast<NodeId>(nodes_.size());
    n.name = name.empty() ? cat(op.name(), "_", n.id) : name;
    n.op = std::move(op);
    n.alive = true;
    n.outputTypes.resize(static_cast<size_t>(outputs));
    for (size_t i = 0; i < inputs.size(); ++i) {
        if (inputs[i] == kNoValue) continue;
        BIREME_ASSERT(hasValue(inputs[i]));
        values_[inputs[i]].users.push_back({n.id, static_cast<int>(i)});
    }
    n.inputs = std::move(inputs);
    for (int i = 0; i < outputs; ++i) {
        ValueId v = newValue(outputs == 1 ? n.name : cat(n.name, ":", i), {});
        values_[v].producer = n.id;
        values_[v].output = i;
        n.outputs.push_back(v);
    }
    nodes_.push_back(std::move(n));
    ++aliveNodes_;
    return nodes_.back().id;
}

void Graph::markOutput(ValueId v) {
    BIREME_ASSERT(hasValue(v));
    if (isOutput(v)) return;
    shown_[v] = {1, static_cast<uint32_t>(outputs_.size())};
    outputs_.push_back(v);
}

void Graph::unmarkOutput(ValueId v) {
    if (!isOutput(v)) return;
    std::erase(outputs_, v);
    shown_[v] = {};
}

void Graph::setOutput(size_t index, ValueId v) {
    if (hasValue(outputs_[index])) --shown_[outputs_[index]].count;
    outputs_[index] = v;
    if (hasValue(v)) shown_[v] = {shown_[v].count + 1, static_cast<uint32_t>(index)};
}

void Graph::removeUse(ValueId v, Use use) {
    if (hasValue(v)) std::erase(values_[v].users, use);
}

void Graph::setInput(NodeId n, int index, ValueId v) {
    Node& node = this->node(n);
    if (index >= static_cast<int>(node.inputs.size()))
        node.inputs.resize(static_cast<size_t>(index) + 1, kNoValue);
    removeUse(node.inputs[index], {n, index});
    node.inputs[index] = v;
    if (v != kNoValue) value(v).users.push_back({n, index});
}

void Graph::removeInput(NodeId n, int index) {
    Node& node = this->node(n);
    for (int i = index; i < static_cast<int>(node.inputs.size()); ++i)
        removeUse(node.inputs[i], {n, i});
    node.inputs.erase(node.inputs.begin() + index);
    for (int i = index; i < static_cast<int>(node.inputs.size()); ++i)
        if (node.inputs[i] != kNoValue) values_[node.inputs[i]].users.push_back({n, i});
}

void Graph::replaceUses(ValueId from, ValueId to) {
    if (from == to) return;
    const std::vector<Use> users = std::exchange(value(from).users, {});
    for (const Use& u : users) node(u.node).inputs[static_cast<size_t>(u.input)] = to;
    if (to != kNoValue) {
        std::vector<Use>& all = value(to).users;
        all.insert(all.end(), users.begin(), users.end());
    }
    // Most are one output, and where it was marked; networks may have very many.
    if (size_t place = shown_[from].place;
        shown_[from].count == 1 && place < outputs_.size() && outputs_[place] == from)
        return setOutput(place, to);
    for (size_t i = 0; shown_[from].count > 0 && i < outputs_.size(); ++i)
        if (outputs_[i] == from) setOutput(i, to);
}

void Graph::removeNode(NodeId n) {
    Node& node = this->node(n);
    for (ValueId v : node.outputs) {
        BIREME_ASSERT(values_[v].users.empty() && !isOutput(v));
        values_[v] = Value{};
    }
    std::vector<ValueId> read = node.inputs;  // each once: a node may read one value very often
    std::sort(read.begin(), read.end());
    read.erase(std::unique(read.begin(), read.end()), read.end());
    for (ValueId v : read)
        if (hasValue(v)) std::erase_if(values_[v].users, [&](const Use& u) { return u.node == n; });
    node = Node{};
    --aliveNodes_;
}

void Graph::removeDeadValues() {
    for (Value& v : values_) {
        if (v.id >= 0 && v.producer == kNoNode && v.users.empty() && !isOutput(v.id) &&
            !isInput(v.id))
            v = Value{};
    }
}

void Graph::removeGraphInput(size_t index) {
    ValueId v = inputs_[index];
    BIREME_ASSERT(value(v).users.empty() && !isOutput(v));
    inputs_.erase(inputs_.begin() + static_cast<std::ptrdiff_t>(index));
    values_[v] = Value{};
}

Node& Graph::node(NodeId n) {
    BIREME_ASSERT(isAlive(n));
    return nodes_[n];
}
const Node& Graph::node(NodeId n) const {
    BIREME_ASSERT(isAlive(n));
    return nodes_[n];
}
Value& Graph::value(ValueId v) {
    BIREME_ASSERT(hasValue(v));
    return values_[v];
}
const Value& Graph::value(ValueId v) const {
    BIREME_ASSERT(hasValue(v));
    return values_[v];
}

bool Graph::isInput(ValueId v) const {
    return std::find(inputs_.begin(), inputs_.end(), v) != inputs_.end();
}

size_t Graph::useCount(ValueId v) const { return value(v).users.size() + shown_[v].count; }

const Node* Graph::producer(ValueId v) const {
    if (!hasValue(v) || values_[v].producer == kNoNode) return nullptr;
    return &nodes_[values_[v].producer];
}

ValueId Graph::findValue(const std::string& name) const {
    for (const Value& v : values_)
        if (v.id >= 0 && v.name == name) return v.id;
    return kNoValue;
}

std::vector<NodeId> Graph::nodeIds() const {
    std::vector<NodeId> ids;
    for (const Node& n : nodes_)
        if (n.alive) ids.push_back(n.id);
    return ids;
}

std::vector<ValueId> Graph::valueIds() const {
    std::vector<ValueId> ids;
    for (const Value& v : values_)
        if (v.id >= 0) ids.push_back(v.id);
    return ids;
}

std::vector<NodeId> Graph::order() const {
    std::vector<int> waiting(nodes_.size(), 0);
    std::priority_queue<NodeId, std::vector<NodeId>, std::greater<>> ready;
    for (const Node& n : nodes_) {
        if (!n.alive) continue;
        for (ValueId v : n.inputs)
            if (hasValue(v) && values_[v].producer != kNoNode) ++waiting[n.id];
        if (waiting[n.id] == 0) ready.push(n.id);
    }
    std::vector<NodeId> order;
    order.reserve(aliveNodes_);
    while (!ready.empty()) {
        NodeId n = ready.top();
        ready.pop();
        order.push_back(n);
        for (ValueId v : nodes_[n].outputs)
            for (const Use& u : values_[v].users)
                if (--waiting[u.node] == 0) ready.push(u.node);
    }
    if (order.size() == aliveNodes_) return order;
    for (const Node& n : nodes_)
        if (n.alive && waiting[n.id] > 0)
            fail(ErrorCode::kINVALID_ARGUMENT,
                 cat("the network has a cycle through layer \"", n.name, "\""));
    return order;
}

std::string Graph::freshName(const std::string& base) {
    if (findValue(base) == kNoValue) return base;
    while (true) {
        std::string candidate = cat(base, ".", ++nextName_);
        if (findValue(candidate) == kNoValue) return candidate;
    }
}

std::map<std::string, DimRange, std::less<>> Graph::symbolRanges() const {
    std::map<std::string, DimRange, std::less<>> ranges;
    for (const auto& [name, info] : symbols) ranges[name] = info.range;
    return ranges;
}

}  // namespace bireme::ir
