// SPDX-License-Identifier: Apache-2.0
// Constants of floats that are all FP16 numbers take half of the room in a file; in memory they are
// floats.
#pragma once

#include "plan/plan.h"

namespace bireme::plan {

// Does every float among these bytes survive the way to FP16 and back?
bool areHalves(const void* floats, size_t bytes);

// The weights as a file holds them, and back. The latter throws Error where constants do not lie
// one behind the other.
Blob shrinkWeights(const Plan& plan);
Blob expandWeights(const Plan& plan, const Blob& stored);

}  // namespace bireme::plan
