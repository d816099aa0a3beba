// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "plan/plan.h"

#include <map>

namespace bireme::builder {

// Results take the memory of operands that nothing reads any more: those of steps whose kernels may
// write where they read. `overwrites`: step -> which of its inputs its first result may replace.
// Returns how many did.
int shareMemory(plan::Region& region, const std::map<size_t, int>& overwrites);

}  // namespace bireme::builder
