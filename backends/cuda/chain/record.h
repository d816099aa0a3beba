// SPDX-License-Identifier: Apache-2.0
// A chain in a kernel's own record of itself.
#pragma once

#include "backends/cuda/chain/chain.h"
#include "backends/cuda/support/record.h"

namespace bireme::cuda {

// Functions are recorded by name: the order of their table may change.
void putFunction(ByteWriter& out, ops::PointwiseFn fn);
ops::PointwiseFn getFunction(ByteReader& in);

void putSteps(ByteWriter& out, const std::vector<ChainStep>& steps);
std::vector<ChainStep> getSteps(ByteReader& in);

}  // namespace bireme::cuda
