// SPDX-License-Identifier: Apache-2.0
// Orders of dims, and constants moved into them.
#pragma once

#include "ir/edit.h"
#include "ops/transpose.h"

#include <cstdint>
#include <vector>

namespace bireme::passes {

// Dim d of the result is dim permutation[d] of the operand; non-negative, one entry per dim.
std::vector<int64_t> permutationOf(const ops::Transpose& t, int rank);

// The constant in the order of dims that `permutation` makes; dims that it lacks are leading ones.
ir::ValueId permuted(ir::Edit& e, ir::ValueId constant, const std::vector<int64_t>& permutation);

}  // namespace bireme::passes
