// SPDX-License-Identifier: Apache-2.0
// Which values of a graph hang on constants alone, and what is in them.
#pragma once

#include "ir/eval.h"
#include "ir/graph.h"

#include <map>
#include <optional>
#include <vector>

namespace bireme::ir {

// May a node of this op be computed before the engine runs, given that its inputs are constant?
bool isFoldable(const Node& n);

// Remembers its answers while the graph is edited: values only ever become constant, never cease to
// be.
class Constants {
public:
    static constexpr size_t kMaxKnownBytes = size_t{64} * 1024;

    explicit Constants(const Graph& graph) : graph_(&graph) {}

    // Bytes, or a deterministic expression over bytes.
    bool is(ValueId v);
    // The elements, evaluated if need be; null when the value is not constant, hangs on refittable
    // weights, or is larger than kMaxKnownBytes.
    const Tensor* known(ValueId v);
    // The number that all elements are; nullopt when they differ or are not known.
    std::optional<double> splat(ValueId v);
    // Elements of an integer constant.
    std::optional<std::vector<int64_t>> ints(ValueId v);

private:
    std::optional<bool> decided(ValueId v);
    void evaluate(ValueId v);

    const Graph* graph_;
    std::vector<int8_t> state_;  // by value: 0 not asked, 1 no, 2 yes
    std::map<ValueId, std::optional<Tensor>> tensors_;
};

}  // namespace bireme::ir
