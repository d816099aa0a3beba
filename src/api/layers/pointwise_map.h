// SPDX-License-Identifier: Apache-2.0
// Public functions of one and two operands as rows of pointwise.def, and back.
#pragma once

#include "bireme/layers/activation.h"
#include "bireme/layers/elementwise.h"
#include "bireme/layers/unary.h"
#include "ops/pointwise.h"

namespace bireme::api {

// Throw Error for a value outside of the enum.
ops::PointwiseFn fnOf(ActivationType type);
ops::PointwiseFn fnOf(UnaryOperation operation);
ops::PointwiseFn fnOf(ElementWiseOperation operation);

// The enum's first value for functions that it lacks.
ActivationType activationOf(ops::PointwiseFn fn) noexcept;
UnaryOperation unaryOf(ops::PointwiseFn fn) noexcept;
ElementWiseOperation elementWiseOf(ops::PointwiseFn fn) noexcept;

}  // namespace bireme::api
