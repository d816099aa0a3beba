// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "plan/plan.h"

namespace bireme::plan {

// Throws Error unless every index, offset, size and format in the plan is in range, so that running
// it cannot leave its memory. What a plan may hold:
// - roots (tensors without aliasOf) are dense; arena roots have a bound and lie inside arenaBytes
// at that bound;
// - a view's Format::offset counts from the start of its root;
// - outputs of steps are neither constants nor inputs;
// - input and output tensors have the type of their io tensor (and its size, which running checks);
// - a symbol is one of Variant::ranges.
void validate(const Plan& plan);

}  // namespace bireme::plan
