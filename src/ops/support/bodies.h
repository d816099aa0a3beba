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

// As inferBody, with the body's inputs told one by one.
struct BodyInput {
    TensorDesc desc;
    std::optional<DimVector> known;
    const Blob* constant = nullptr;
};
ir::Graph inferBodyOn(const ir::Graph& body, const std::vector<BodyInput>& inputs);
// Input `i` of the node as the body sees it, with all that is known of it.
BodyInput passed(const ir::InferContext& c, int i);

// An input of the node as a tensor that borrows its bytes.
ir::Tensor inputTensor(const ir::EvalContext& c, int i);
// Output `i` of the node becomes `t`.
void giveTensor(ir::EvalContext& c, int i, const ir::Tensor& t);
// Tensors of one shape and type one after another along a new dim at `axis`; `empty` tells the
// shape where there are none.
ir::Tensor stacked(const std::vector<ir::Tensor>& parts, int64_t axis, const ir::Tensor& empty);

}  // namespace bireme::ops
