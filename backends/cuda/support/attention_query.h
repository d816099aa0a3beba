// SPDX-License-Identifier: Apache-2.0
// What the kernels of 16-bit attention share: whose queries, keys and values they take, and where
// those lie.
#pragma once

#include "backends/cuda/support/jit_kernel.h"

namespace bireme::cuda {

tactic::Support attentionSupport(const tactic::Query& q);
// Heads may stay where projections left them: [B,S,H,D] in memory for [B,H,S,D].
void attentionFormats(const tactic::Query& q, tactic::FormatList& out);
// 0 none, 1 a number for each score, 2 one for each key.
int attentionMask(const tactic::Query& q);
// Steps over image, head, row and column; 0 where an extent of 1 is repeated, and for dims that
// are not there.
void attentionSteps(const device::TensorShape& t, int64_t* out, size_t count);

}  // namespace bireme::cuda
