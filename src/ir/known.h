// SPDX-License-Identifier: Apache-2.0
// Elements of small tensors that constants and known extents decide, real numbers on the way
// included: sizes of images are computed so in exported networks.
#pragma once

#include "ir/eval.h"
#include "ir/graph.h"

#include <map>
#include <optional>

namespace bireme::ir {

class KnownTensors {
public:
    // Neither a result nor what it hangs on may have more than `most` elements.
    KnownTensors(const Graph& graph, int64_t most) : graph_(graph), most_(most) {}

    // Null when some element is known at run time only, or may be refitted.
    const Tensor* find(ValueId v);
    // All outputs of a node whose inputs are all known; empty otherwise, and where it fails.
    std::vector<Tensor> results(const Node& n);

private:
    std::optional<Tensor> evaluate(ValueId v);

    const Graph& graph_;
    int64_t most_;
    int steps_ = 1000;  // evaluations left: long chains are no sizes
    std::map<ValueId, std::optional<Tensor>> memo_;
};

}  // namespace bireme::ir
