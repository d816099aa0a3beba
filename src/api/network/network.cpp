// SPDX-License-Identifier: Apache-2.0
#include "api/network/network.h"

#include "api/access.h"
#include "api/convert.h"
#include "ir/infer.h"
#include "ir/verify.h"

#include <algorithm>

namespace bireme::api {

Network::Network(IBuilder* builder, const Reporter& reporter, NetworkDefinitionCreationFlags flags)
    : builder(builder), reporter(reporter), flags(flags) {}

Network::~Network() {
    for (Layer& l : layerStore_) Access::destroy(l.handle);
    for (Tensor& t : tensors_) Access::destroy(t.handle);
}

bool Network::stronglyTyped() const {
    return flags >> static_cast<int>(NetworkDefinitionCreationFlag::kSTRONGLY_TYPED) & 1U;
}

Layer& Network::addLayer(LayerType type, ir::Op op, std::vector<ir::ValueId> inputs, int outputs) {
    settleBatch();
    requireTranslated(type);
    std::string name = cat(op.name(), "_", layers.size());
    ir::NodeId id = graph.addNode(std::move(op), std::move(inputs), outputs, name);
    ir::Node& node = graph.node(id);
    node.layerType = static_cast<int32_t>(type);
    node.origins = {name};
    Layer& layer = layerStore_.emplace_back(Layer{*this, id, type});
    layer.name = name;
    layer.handle = makeLayerHandle(layer);
    layers.push_back(&layer);
    for (ir::ValueId v : node.outputs) tensor(v);
    ++stamp_;
    return layer;
}

namespace {
enum InferState : uint8_t { kUnsettled, kOpen, kSettled };
}  // namespace

uint8_t& Network::state(ir::NodeId node) {
    auto i = static_cast<size_t>(node);
    if (states_.size() <= i) states_.resize(i + 1, kUnsettled);
    return states_[i];
}

void Network::touchUsers(ir::ValueId value) {
    for (const ir::Use& u : graph.value(value).users) touch(u.node);
}

void Network::touch(ir::NodeId node) {
    ++stamp_;
    std::vector<ir::NodeId> todo{node};
    while (!todo.empty()) {
        ir::NodeId n = todo.back();
        todo.pop_back();
        state(n) = kUnsettled;
        for (ir::ValueId v : graph.node(n).outputs)
            for (const ir::Use& u : graph.value(v).users)
                if (state(u.node) == kSettled) todo.push_back(u.node);
    }
}

// Depth first over unsettled producers, without recursion: networks are thousands of layers deep.
void Network::infer(ir::ValueId value) {
    const ir::Node* wanted = graph.producer(value);
    if (!wanted || graph.isConstant(value) || state(wanted->id) == kSettled) return;
    struct Step {
        ir::NodeId node;
        size_t next;
    };
    std::vector<Step> stack;
    auto open = [&](ir::NodeId n) {
        stack.push_back({n, 0});
        state(n) = kOpen;
    };
    try {
        open(wanted->id);
        while (!stack.empty()) {
            Step& top = stack.back();
            const ir::Node& node = graph.node(top.node);
            if (top.next == node.inputs.size()) {
                ir::inferNode(graph, top.node);
                state(top.node) = kSettled;
                stack.pop_back();
                continue;
            }
            ir::ValueId in = node.inputs[top.next++];
            const ir::Node* producer = in == ir::kNoValue ? nullptr : graph.producer(in);
            if (!producer || graph.isConstant(in) || state(producer->id) == kSettled) continue;
            require(state(producer->id) != kOpen, "the network has a cycle through layer \"",
                    producer->name, "\"");
            open(producer->id);
        }
    } catch (...) {
        for (const Step& s : stack) state(s.node) = kUnsettled;
        throw;
    }
}

const TensorDesc& Network::desc(ir::ValueId value) {
    infer(value);
    return graph.value(value).desc;
}

// A borrowed constant; `dims` must hold as many elements as there are weights.
ir::ValueId Network::addWeights(const Weights& weights, const std::vector<int64_t>& dims,
                                const std::string& name) {
    require(isKnown(weights.type), name, ": unknown data type ", static_cast<int>(weights.type));
    require(weights.count >= 0 && (weights.values || weights.count == 0), name,
            ": weights have count ", weights.count, " and address ",
            weights.values ? "set" : "null");
    TensorDesc desc{weights.type, bireme::toDims(dims), {}, {}};
    Blob bytes = Blob::borrow(weights.values, bytesFor(weights.type, weights.count));
    ir::ValueId v = graph.addConstant(name, std::move(desc), std::move(bytes));
    if (weights.values) weightsByAddress_.emplace(weights.values, v);
    return v;
}

// The output of a constant layer: its bytes are known, and so is its shape.
void Network::setConstant(ir::ValueId output, DataType type, const std::vector<int64_t>& dims,
                          Blob bytes) {
    ir::Value& v = graph.value(output);
    v.desc.type = type;
    v.desc.dims = bireme::toDims(dims);
    v.constant = bytes ? std::move(bytes) : Blob::own({});
    if (v.constant.data()) weightsByAddress_.emplace(v.constant.data(), output);
}

void Network::setWeightsName(const Weights& weights, const char* name) {
    auto [begin, end] = weightsByAddress_.equal_range(weights.values);
    if (name) {
        auto taken = weightsByName_.find(requireName(name, "the weights' name"));
        require(taken == weightsByName_.end() ||
                    graph.value(taken->second).constant.data() == weights.values,
                "other weights have the name \"", name, "\"");
    }
    bool found = false;
    for (auto it = begin; it != end; ++it) {
        if (!graph.hasValue(it->second)) continue;
        ir::Value& v = graph.value(it->second);
        if (v.desc.type != weights.type || volume(v.desc.dims).valueOr(-1) != weights.count)
            continue;
        if (!v.weightsName.empty()) weightsByName_.erase(v.weightsName);
        v.weightsName = name ? name : "";
        found = true;
        if (name) weightsByName_[name] = v.id;
    }
    require(found, "no layer uses these weights");
}

}  // namespace bireme::api
