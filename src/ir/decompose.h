// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "ir/graph.h"

namespace bireme::ir {

// Lets an op write itself as simpler ones: nodes are added to `graph`, and the op's outputs are
// replaced.
class DecomposeContext {
public:
    DecomposeContext(Graph& graph, NodeId node) : graph_(graph), node_(node) {}

    Graph& graph() { return graph_; }
    const Node& node() const { return graph_.node(node_); }
    ValueId in(int i) const {
        return i < static_cast<int>(node().inputs.size()) ? node().inputs[i] : kNoValue;
    }
    const TensorDesc& desc(int i) const { return graph_.value(in(i)).desc; }
    const TensorDesc& outDesc(int i = 0) const { return graph_.value(node().outputs[i]).desc; }

    // Adds a node of the same origins and infers its outputs.
    ValueId add(Op op, std::vector<ValueId> inputs);
    std::vector<ValueId> addMany(Op op, std::vector<ValueId> inputs, int outputs);
    ValueId scalar(float v, DataType type, int rank);  // a constant of rank ones
    ValueId ints(const std::vector<int64_t>& v);       // a 1-D INT64 constant
    void replace(int output, ValueId with) { graph_.replaceUses(node().outputs[output], with); }

private:
    Graph& graph_;
    NodeId node_;
};

}  // namespace bireme::ir
