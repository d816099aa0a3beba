// SPDX-License-Identifier: Apache-2.0
// Groups: fused nodes whose body is a graph, and the one normal form of it that all kernels read.
#pragma once

#include "ir/graph.h"

#include <string>
#include <vector>

namespace bireme::ir {

enum class GroupShape : uint8_t { min, opt, max };

// One step of the epilogue, in execution order: a pointwise node whose operand `through` is the
// running value. Other operands are body inputs, values computed earlier in the epilogue, or
// outputs of the anchor.
struct EpilogueTerm {
    NodeId node = kNoNode;
    int through = 0;           // which operand is the running value
    ValueId other = kNoValue;  // the other operand of a binary term, else kNoValue
};

// A body seen as: prologue (pointwise nodes before the anchor), one anchor (or none: a pointwise
// group, or several sibling anchors of one op), and the chain of pointwise nodes after it.
class GroupView {
public:
    GroupView() = default;
    explicit GroupView(const Graph& body);

    const Graph& body() const { return *body_; }
    bool isPointwise() const { return anchors_.empty(); }  // pointwise nodes only
    bool single() const { return body_->nodeCount() == 1; }
    const std::vector<NodeId>& anchors() const { return anchors_; }
    const Node* anchor() const {
        return anchors_.size() == 1 ? &body_->node(anchors_[0]) : nullptr;
    }
    // The lone anchor's attributes when it is of op T, else null.
    template <typename T>
    const T* anchorAs() const {
        return anchor() ? anchor()->op.as<T>() : nullptr;
    }
    // Body input index that feeds operand `i` of the anchor directly, or -1 (absent, or behind a
    // prologue).
    int anchorInput(int i) const;

    const std::vector<NodeId>& prologue() const { return prologue_; }
    // True when everything after the anchor is one chain of unary and binary pointwise nodes that
    // starts at the anchor's output 0 and ends at the body's only output; `epilogue` then lists it.
    bool hasChainEpilogue() const { return chain_; }
    const std::vector<EpilogueTerm>& epilogue() const { return epilogue_; }
    bool hasPrologue() const { return !prologue_.empty(); }
    int inputIndex(ValueId v) const;  // index among the body's inputs, or -1

private:
    void readChain(const std::vector<NodeId>& rest);
    const Graph* body_ = nullptr;
    std::vector<NodeId> anchors_, prologue_;
    std::vector<EpilogueTerm> epilogue_;
    bool chain_ = false;
};

bool isPointwiseNode(const Node& n);

// Makes one node a group of itself; returns the group node. Values keep their ids' outer meaning
// (names, users).
NodeId wrapInGroup(Graph& graph, NodeId node);
// Moves pointwise (or any) node `consumer`, which reads an output of group `group`, into the
// group's body; outputs of the group that nobody else reads any more disappear. Its other operands
// become group inputs. Returns the group.
NodeId absorbConsumer(Graph& graph, NodeId group, NodeId consumer);
// Moves `producer`, all of whose outputs are read by `group` alone, into the group's body.
NodeId absorbProducer(Graph& graph, NodeId group, NodeId producer);
// Would moving `consumer` into `group` make a cycle (another path from the group to the consumer)?
bool absorbMakesCycle(const Graph& graph, NodeId group, NodeId consumer);
bool isGroup(const Node& n);
// Makes one group of several nodes (groups among them are taken apart). The set must be convex: no
// path leaves it and comes back. Outputs are the values that others read.
NodeId makeGroup(Graph& graph, const std::vector<NodeId>& members);

// Replaces the group by the nodes of its body ("unfolded").
void dissolveGroup(Graph& graph, NodeId group);

// A graph of the single node with its operands as inputs: the body that wrapInGroup would make.
Graph bodyOf(const Graph& graph, NodeId node);
// The body that makeGroup would make, to ask about: its inputs also hold the bytes of small
// constants.
Graph bodyOf(const Graph& graph, const std::vector<NodeId>& members);

}  // namespace bireme::ir
