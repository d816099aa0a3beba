// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "ops/pointwise.h"

namespace bireme::ops {

// fn(a, b, c, alpha, beta).
template <typename T>
using ScalarFunction = T (*)(T, T, T, T, T);

// The function behind applyPointwise, for loops that look it up once. T is float, double or
// int64_t.
template <typename T>
ScalarFunction<T> scalarFunction(PointwiseFn fn);

}  // namespace bireme::ops
