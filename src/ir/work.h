// SPDX-License-Identifier: Apache-2.0
// How much a node computes.
#pragma once

#include "ir/graph.h"

#include <optional>

namespace bireme::ir {

// What the rule of an op that counts operations sees of one node: shapes alone.
class Work {
public:
    // With `values`, extents are numbers: symbols by these values (1 where one is missing).
    Work(const Graph& graph, const Node& node, const Dim::Values* values = nullptr)
        : graph_(graph), node_(node), values_(values) {}

    int inputs() const { return static_cast<int>(node_.inputs.size()); }
    int outputs() const { return static_cast<int>(node_.outputs.size()); }
    bool has(int i) const {
        return i < inputs() && node_.inputs[static_cast<size_t>(i)] != kNoValue;
    }
    DimVector in(int i) const { return dims(node_.inputs[static_cast<size_t>(i)]); }
    DimVector out(int i = 0) const { return dims(node_.outputs[static_cast<size_t>(i)]); }

private:
    DimVector dims(ValueId v) const;

    const Graph& graph_;
    const Node& node_;
    const Dim::Values* values_;
};

// Arithmetic operations of a node, a group's being those of its body: a multiplication and an
// addition count as two, any other function of an element as one. An op without a rule does one for
// each element of its results, one that is a view or moves elements none. Nothing for a node with
// bodies of control flow, and for a number beyond 2^63.
std::optional<Dim> operationsOf(const Graph& graph, const Node& node,
                                const Dim::Values* values = nullptr);
// Of all its nodes together.
std::optional<Dim> operationsOf(const Graph& graph, const Dim::Values* values = nullptr);

}  // namespace bireme::ir
