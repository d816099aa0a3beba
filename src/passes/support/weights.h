// SPDX-License-Identifier: Apache-2.0
// Constants that scale or shift weights.
#pragma once

#include "ir/edit.h"

#include <optional>
#include <string>
#include <vector>

namespace bireme::passes {

// How many values a constant has along one axis of a tensor that it meets elementwise: 1, or the
// axis' extent. nullopt when it varies along another axis, is not constant in shape, or would
// broadcast the tensor.
std::optional<int64_t> valuesAlong(const TensorDesc& constant, const TensorDesc& tensor, int axis);

// Why the weights cannot be rewritten; empty when they can.
std::string whyFixed(ir::Edit& e, ir::ValueId weights);

// weights[.., i, ..] fn values[i] along `axis`; with groups > 1, the axis of extent `perGroup`
// stands for groups * perGroup values of which the slices of `groupAxis` take turns.
struct WeightAxis {
    int axis = 0;       // of the weights
    int groupAxis = 0;  // whose extent is split by groups
    int64_t groups = 1;
};
ir::ValueId scaleWeights(ir::Edit& e, const ir::Op& fn, ir::ValueId weights, ir::ValueId values,
                         int64_t count, WeightAxis a);

}  // namespace bireme::passes
