// SPDX-License-Identifier: Apache-2.0
// Where kernels of a profile are timed: its optimum first, then its ends and shapes between.
#pragma once

#include "builder/options.h"
#include "plan/plan.h"

#include <vector>

namespace bireme::builder {

// Copies of a profile that differ in `opt`: at most `count` (at least 1), each more than a factor
// of 1.8 from the others, by plan::distance.
std::vector<Profile> tuningPoints(const Profile& profile, int count);

// Adds a variant to a plan; where an earlier one of its profile has the very same steps, that one
// is told to be nearest for its points as well.
void addVariant(plan::Plan& plan, plan::Variant variant);

}  // namespace bireme::builder
