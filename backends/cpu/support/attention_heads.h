// SPDX-License-Identifier: Apache-2.0
// What kernels of attention share: where the heads lie, and the layouts that they may lie in.
#pragma once

#include "device/kernel.h"
#include "tactic/factory.h"

#include <vector>

namespace bireme::cpu {

// One operand: where the matrix of each head begins, and the steps between its rows and columns.
struct Heads {
    std::vector<int64_t> begin;
    int64_t row = 0, column = 0;
};
Heads headsOf(const device::TensorShape& t, const std::vector<int64_t>& batch);

// Heads may stay where projections left them: [B,S,H,D] or [S,B,H,D] in memory for [B,H,S,D], also
// as a part of one wider product; likewise [S,B,D] for [B,S,D], and groups of heads.
void attentionFormats(const tactic::Query& q, tactic::FormatList& out);
// The same of the first `operands` inputs of another layer on heads.
void headFormats(const tactic::Query& q, size_t operands, tactic::FormatList& out);

}  // namespace bireme::cpu
