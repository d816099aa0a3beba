// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "api/guard.h"
#include "bireme/network.h"
#include "ir/graph.h"

#include <cstdint>
#include <deque>
#include <initializer_list>
#include <memory>
#include <optional>
#include <string>
#include <unordered_map>
#include <vector>

namespace bireme::api {

struct Network;

// What a builder says of the batch; its networks keep it.
struct BatchMode {
    bool ofVersion8 = false;  // the program was compiled with BIREME_TRT8
    int32_t most = 0;         // of setMaxBatchSize; 0: not called
};

// Behind ITensor. The name is a copy with a stable address.
struct Tensor {
    Network& network;
    ir::ValueId value;
    ITensor* handle = nullptr;
    std::string name;
    bool named = false;  // by the user, not by us
    bool shapeOutput = false;
    std::vector<std::string> dimNames;  // stable addresses for getDimensionName
};

// Behind ILayer: one node. What a node has no place for stands here.
struct Layer {
    Network& network;
    ir::NodeId node;
    LayerType type;
    ILayer* handle = nullptr;
    std::string name;
    std::string metadata;
    std::string text;           // last string handed out by an accessor
    uint32_t weightInputs = 0;  // bit i: input i is a constant given as Weights, not a tensor
    int64_t outputMaps = 0;     // (de)convolution, for when its kernel is a tensor
    std::vector<int64_t> kernelSize;
};

// Behind INetworkDefinition: the graph, and the handles that the user holds.
//
// Shapes are inferred when asked for. A node is `settled` while its outputs are inferred from its
// present attributes and inputs; whatever hangs on an unsettled node is unsettled, so marking stops
// at the first unsettled one.
struct Network {
    Network(IBuilder* builder, const Reporter& reporter, NetworkDefinitionCreationFlags flags);
    ~Network();
    Network(const Network&) = delete;
    Network& operator=(const Network&) = delete;

    bool stronglyTyped() const;

    // The batch
    bool isImplicit()
        const;  // the network's shapes have no batch, as users of the handles see them
    int32_t maxBatch() const;                                             // at least 1
    int hidden() const { return isImplicit() && !explicitView ? 1 : 0; }  // leading dims not shown
    std::shared_ptr<const BatchMode> batch;                               // null: always explicit
    bool explicitView = false;    // the handles show the batch for now
    bool forcedImplicit = false;  // made by createNetwork()

    // Tensors
    Tensor& tensor(ir::ValueId value);   // made on first use
    ITensor* handle(ir::ValueId value);  // null for kNoValue
    ir::ValueId value(
        const ITensor* tensor);  // throws for null and for a tensor of another network
    void nameTensor(Tensor& tensor,
                    const char* name);  // throws when the user gave the name to another one
    ITensor* addInput(const char* name, DataType type, const Dims& dims);
    void setInputDims(Tensor& tensor, const Dims& dims);
    void removeInput(ir::ValueId value);  // nothing may read it
    void setDimensionName(Tensor& tensor, int32_t index, const char* name);
    void nameBatch(Tensor& input);  // one symbol for the batch of all inputs

    // Layers
    Layer& addLayer(LayerType type, ir::Op op, std::vector<ir::ValueId> inputs, int outputs = 1);
    ir::ValueId addWeights(const Weights& weights, const std::vector<int64_t>& dims,
                           const std::string& name);
    void setConstant(ir::ValueId output, DataType type, const std::vector<int64_t>& dims,
                     Blob bytes);
    void setWeightsName(const Weights& weights, const char* name);

    // Inference
    void changed() { ++stamp_; }    // uses, not shapes
    void touch(ir::NodeId node);    // its attributes or inputs changed
    void infer(ir::ValueId value);  // throws Error naming the layer
    const TensorDesc& desc(ir::ValueId value);
    int rank(ir::ValueId value) { return desc(value).rank(); }

    // What a value is used for, known anew after each change.
    bool isShape(ir::ValueId value);
    bool isExecution(ir::ValueId value);

    IBuilder* builder;
    Reporter reporter;
    NetworkDefinitionCreationFlags flags;
    ir::Graph graph;
    std::string name;
    std::vector<Layer*> layers;    // in the order of addition
    std::deque<Blob> knownValues;  // handed out by getKnownValues

private:
    void touchUsers(ir::ValueId value);
    void renameSymbols();
    void findUses();
    uint8_t& state(ir::NodeId node);
    void settleBatch();
    void requireTranslated(LayerType type) const;

    std::optional<bool> implicit_;  // decided by the first input or layer
    std::deque<Tensor> tensors_;
    std::deque<Layer> layerStore_;
    std::vector<Tensor*> byValue_;
    std::unordered_map<std::string, ir::ValueId> byName_;
    std::unordered_multimap<const void*, ir::ValueId> weightsByAddress_;
    std::unordered_map<std::string, ir::ValueId> weightsByName_;
    std::vector<uint8_t> states_;  // per node, an InferState
    uint64_t stamp_ = 1, usesStamp_ = 0;
    std::vector<uint8_t> uses_;  // per value: 1 shape, 2 execution
};

// The public object of a layer, of the class that its type names.
ILayer* makeLayerHandle(Layer& layer);

}  // namespace bireme::api
