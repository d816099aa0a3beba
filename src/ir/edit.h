// SPDX-License-Identifier: Apache-2.0
// A change of a graph, proposed and then applied whole: a rewrite that gives up leaves nothing
// behind.
#pragma once

#include "ir/constants.h"
#include "ir/graph.h"
#include "ir/pattern.h"

#include <optional>
#include <string>
#include <unordered_set>
#include <vector>

namespace bireme::ir {

// What a rewrite answers: it was done, or why not. An empty `why` of a rewrite not done is not
// worth a line.
struct [[nodiscard]] Outcome {
    bool done = false;
    std::string why;
};
inline Outcome no(std::string why) { return {false, std::move(why)}; }
inline Outcome done(std::string what = {}) { return {true, std::move(what)}; }

// What the user attached to a tensor (name, formats, range, debug mark) moves to the tensor that
// takes its place.
void inheritMarks(Value& to, const Value& from);

class Edit {
public:
    // `matched`: the nodes that the change does the work of, the root first. New nodes take over
    // their source names and the user's precision constraint.
    Edit(Graph& graph, Constants& constants, std::vector<NodeId> matched);
    ~Edit();
    Edit(const Edit&) = delete;
    Edit& operator=(const Edit&) = delete;

    const Graph& graph() const { return graph_; }
    const Node& root() const { return graph_.node(matched_.front()); }
    const Node* producer(ValueId v) const { return graph_.producer(v); }
    const TensorDesc& desc(ValueId v) const { return graph_.value(v).desc; }
    // One reader, which is a node, and nothing the user can see.
    bool isSingle(ValueId v) const { return graph_.useCount(v) == 1 && isInternal(graph_, v); }
    bool isConstant(ValueId v) { return constants_.is(v); }
    const Tensor* known(ValueId v) { return constants_.known(v); }  // see Constants
    std::optional<double> splat(ValueId v) { return constants_.splat(v); }
    std::optional<std::vector<int64_t>> ints(ValueId v) { return constants_.ints(v); }

    // Another node whose work the change does.
    void consumes(NodeId n);

    // New nodes, inferred at once; named after `like` (default: the root). Throws Error when the op
    // refuses.
    ValueId add(Op op, std::vector<ValueId> inputs, NodeId like = kNoNode);
    NodeId addNode(Op op, std::vector<ValueId> inputs, int outputs, NodeId like = kNoNode);
    ValueId addConstant(TensorDesc desc, Blob bytes, const std::string& name = {});
    ValueId addScalar(double v, DataType type, int rank);  // dims all 1
    ValueId addInts(const std::vector<int64_t>& v);        // 1-D INT64
    // A constant under other dims of the same volume; shares the bytes where nothing can change
    // them.
    ValueId viewOfConstant(ValueId v, const std::vector<int64_t>& dims);

    // All readers of `from` will read `to`.
    void replace(ValueId from, ValueId to);
    Outcome replaceRoot(ValueId to, std::string what = {});

    // Applies the replacements and removes what nobody reads any more; or says why that must not
    // be.
    Outcome commit();
    void rollback();

    // After commit: nodes that are new or have a new operand, still alive.
    const std::vector<NodeId>& touched() const { return touched_; }

private:
    struct Added {
        NodeId node;
        std::string wanted;  // the name it takes when its owner is gone
    };
    std::string refusal(ValueId from, ValueId to);
    void apply(ValueId from, ValueId to);
    void sweep(std::vector<NodeId> candidates);
    void reinfer(ValueId v);
    void rename();

    Graph& graph_;
    Constants& constants_;
    std::vector<NodeId> matched_;
    std::unordered_set<NodeId> consumed_;  // the same
    Origins origins_;
    std::optional<DataType> precision_;
    std::string rootName_, metadata_, conflict_;
    std::vector<Added> added_;
    std::vector<ValueId> addedConstants_;
    std::vector<std::pair<ValueId, ValueId>> replacements_;
    std::vector<NodeId> touched_;
    std::vector<std::string> removedNames_;
    bool finished_ = false;
};

// Removes nodes that nothing hangs on: no outputs read, none the user can see, no side effect.
// Constants without readers go too. Returns how many nodes.
size_t sweepDead(Graph& graph);

}  // namespace bireme::ir
