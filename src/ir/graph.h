// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "ir/op.h"
#include "ir/origins.h"
#include "tensor/blob.h"
#include "tensor/desc.h"

#include <map>
#include <optional>
#include <string>
#include <vector>

namespace bireme::ir {

using NodeId = int32_t;
using ValueId = int32_t;
constexpr ValueId kNoValue = -1;
constexpr NodeId kNoNode = -1;

class Graph;

struct Use {
    NodeId node = kNoNode;
    int input = 0;
    bool operator==(const Use&) const = default;
};

enum class ValueKind : uint8_t { tensor, sequence, optional };

// A tensor of the graph. A constant has bytes and no producer, or a producer whose inputs are all
// constant.
struct Value {
    ValueId id = kNoValue;
    std::string name;
    ValueKind kind = ValueKind::tensor;
    TensorDesc desc;
    NodeId producer = kNoNode;
    int output = 0;  // which output of the producer
    std::vector<Use> users;
    Blob constant;                   // dense, linear bytes of desc
    std::optional<DimVector> known;  // inferred elements of a small integer tensor, row-major

    // What the user asked for; kept to the plan.
    uint32_t allowedFormats = UINT32_MAX;  // TensorFormats mask, network inputs and outputs
    std::optional<std::pair<float, float>> range;
    std::vector<std::string> dimNames;
    std::optional<DataType> requestedType;  // of a network output
    bool fixed = false;            // a function of constants alone, as inference last found it
    bool constantOutside = false;  // of a body's input: what is passed hangs on constants alone
    bool debug = false;
    bool refittable = false;
    std::string weightsName;  // name of the weights in their source
};

struct Node {
    NodeId id = kNoNode;
    std::string name;
    Op op;
    std::vector<ValueId> inputs;  // kNoValue for an absent optional input
    std::vector<ValueId> outputs;
    std::vector<Graph> bodies;  // closed graphs: what they need comes through inputs
    Origins origins;            // source layers that this node does the work of
    std::string metadata;
    std::optional<DataType> precision;  // the user's constraint
    std::vector<std::optional<DataType>> outputTypes;
    int32_t layerType = -1;  // public LayerType of a user's layer; -1 for nodes that passes made
    bool alive = false;
};

enum class SymbolSource : uint8_t { inputExtent, hostElement, stepExtent };

// Where a symbol of the dims comes from: extent `index` of a graph input, element `index` of an
// integer value, or extent `index` of a node's output that only running it tells.
struct SymbolInfo {
    SymbolSource source = SymbolSource::inputExtent;
    ValueId value = kNoValue;
    int index = 0;
    DimRange range;
};

// Nodes and values by stable id; copying is a deep clone with the same ids. Nothing inside points.
class Graph {
public:
    std::string name = "main";

    ValueId addInput(const std::string& name, TensorDesc desc);
    ValueId addConstant(const std::string& name, TensorDesc desc,
                        Blob bytes);  // desc dims are static
    NodeId addNode(Op op, std::vector<ValueId> inputs, int outputs, const std::string& name);
    void markOutput(ValueId v);
    void unmarkOutput(ValueId v);
    void setOutput(size_t index, ValueId v);

    void setInput(NodeId n, int index, ValueId v);  // grows the input list if needed
    void removeInput(NodeId n, int index);
    void replaceUses(ValueId from, ValueId to);  // nodes' inputs and the graph's outputs
    void removeNode(NodeId n);                   // its outputs must have no users; they die with it
    void removeDeadValues();                     // constants nobody reads
    void removeGraphInput(size_t index);         // must be unused

    Node& node(NodeId n);
    const Node& node(NodeId n) const;
    Value& value(ValueId v);
    const Value& value(ValueId v) const;
    bool isAlive(NodeId n) const {
        return n >= 0 && n < static_cast<NodeId>(nodes_.size()) && nodes_[n].alive;
    }
    bool hasValue(ValueId v) const {
        return v >= 0 && v < static_cast<ValueId>(values_.size()) && values_[v].id >= 0;
    }

    const std::vector<ValueId>& inputs() const { return inputs_; }
    const std::vector<ValueId>& outputs() const { return outputs_; }
    bool isOutput(ValueId v) const { return hasValue(v) && shown_[v].count > 0; }
    bool isInput(ValueId v) const;
    bool isConstant(ValueId v) const {
        return hasValue(v) && static_cast<bool>(values_[v].constant);
    }
    size_t useCount(ValueId v) const;       // nodes' inputs plus graph outputs
    const Node* producer(ValueId v) const;  // null for inputs and constants
    ValueId findValue(const std::string& name) const;

    std::vector<NodeId> nodeIds() const;  // alive, ascending
    std::vector<ValueId> valueIds() const;
    std::vector<NodeId> order() const;  // topological, stable; Error naming a cycle
    size_t nodeCount() const { return aliveNodes_; }
    std::string freshName(const std::string& base);  // unused value/node name

    std::map<std::string, SymbolInfo, std::less<>> symbols;
    std::map<std::string, DimRange, std::less<>> symbolRanges() const;

private:
    ValueId newValue(const std::string& name, TensorDesc desc);
    void removeUse(ValueId v, Use use);

    // Of a value: how many of the outputs it is, and the one that it became last.
    struct Shown {
        uint32_t count = 0, place = 0;
    };

    std::vector<Node> nodes_;
    std::vector<Value> values_;
    std::vector<Shown> shown_;  // by value
    std::vector<ValueId> inputs_;
    std::vector<ValueId> outputs_;
    size_t aliveNodes_ = 0;
    int nextName_ = 0;
};

}  // namespace bireme::ir
