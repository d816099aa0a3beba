// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "ir/decompose.h"
#include "ops/einsum.h"
#include "ops/support/einsum_equation.h"

namespace bireme::ops {

// A permutation of one operand, or a product of two matrices in stacks, as transposes, reshapes and
// one matrix product. False for what is neither: diagonals, sums over one operand, three operands.
bool einsumAsProduct(const Einsum& op, ir::DecomposeContext& c);

// Whether an equation over operands of these shapes is such a transpose or product, for which there
// are better kernels than loops over labels.
bool isTransposeOrProduct(const EinsumEquation& e, const std::vector<TensorDesc>& operands);

}  // namespace bireme::ops
