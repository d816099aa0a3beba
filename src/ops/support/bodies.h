// SPDX-License-Identifier: Apache-2.0
// Ops with body graphs: inferring and evaluating a body from inside the op.
#pragma once

#include "ir/eval.h"
#include "ir/infer.h"

#include <vector>

namespace bireme::ops {

// A copy of `body`, inferred with the node's inputs from `firstInput` on bound to the body's; Error
// when they do not match in number or type.
ir::Graph inferBody(const ir::InferContext& c, const ir::Graph& body, int firstInput);

// Dim of an output value of an inferred body as the outside may see it: nothing when only running
// the body tells it.
bool isKnownOutside(const ir::Graph& body, const Dim& d);

// Runs the body on the node's inputs from `firstInput` on and copies its outputs to the node's.
void evalBody(ir::EvalContext& c, const ir::Graph& body, int firstInput);

}  // namespace bireme::ops
