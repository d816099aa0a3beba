// SPDX-License-Identifier: Apache-2.0
// Groups in smaller types: FP16 and BF16 are permissions, and timing decides layer by layer.
#pragma once

#include "builder/job.h"

#include <optional>
#include <set>

namespace bireme::builder {

// Values that must keep the range of FP32 where FP16 is permitted: results of exponentials, powers,
// squares and long sums. Empty where FP16 is not among the permitted types.
std::set<ir::ValueId> wideValues(const BuildJob& job, const ir::Graph& graph);

// The group's body with its FP32 operands in `type`, those in `wide` left as they are; none when
// the group has nothing to gain or an op in it needs FP32.
std::optional<ir::Graph> lowerBody(const ir::Node& group, DataType type,
                                   const std::set<ir::ValueId>& wide);

// The same of a body that is only asked about.
std::optional<ir::Graph> lowerBody(const ir::Graph& body, DataType type);

// Bytes of a constant in another real type; finite values beyond the type's range become its
// largest, so that a mask of -3.4e38 stays finite.
Blob convertConstant(const Blob& bytes, DataType from, DataType to);

// FP16 on a CPU: large weights are rounded to it, so that a file holds them in half of the room,
// and computed with in FP32.
bool storesHalves(const BuildJob& job);
void roundWeights(BuildJob& job);

// Leaves the candidates that keep what the user asked for by setPrecision and setOutputType, when
// the config says that this is to be obeyed or preferred. Throws Error naming the layer.
void keepConstraints(const BuildJob& job, const ir::Node& group, GroupChoice& choice);

}  // namespace bireme::builder
