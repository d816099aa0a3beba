// SPDX-License-Identifier: Apache-2.0
// Hand-built plans that several tests run.
#pragma once

#include "toy_backend.h"

#include <memory>

namespace bireme::runtime::test {

// y[N] = 2 * (x[N] + 10), N in 1..8
std::shared_ptr<const plan::Plan> chainPlan();
// The same in slices of 2 samples, in 3 lanes.
std::shared_ptr<const plan::Plan> slicedPlan();
// y[N] = flag ? 2 * (x + 1) : x, the first written in place, the second copied out of the branch
std::shared_ptr<const plan::Plan> ifPlan();
// y[K] = positive elements of x[N], plus 1; K is known after the first step
std::shared_ptr<const plan::Plan> positivePlan(bool bounded);
// y[N] = x[N] + runs so far in this context
std::shared_ptr<const plan::Plan> countPlan();

}  // namespace bireme::runtime::test
