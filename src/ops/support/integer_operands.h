// SPDX-License-Identifier: Apache-2.0
// What convolution and matrix product of bytes have in common.
#pragma once

#include "ir/decompose.h"
#include "ir/eval.h"
#include "ir/infer.h"

#include <vector>

namespace bireme::ops {

// Operands 0 and 1 are INT8 or UINT8, their zero points 2 and 3 INT32 of at most one dim.
void checkIntegerOperands(const ir::InferContext& c);
// Zero point `i` has one value, or one for each of `places`.
void checkZeroPoint(const ir::InferContext& c, int i, const Dim& places);
// Operand `i` (0 or 1) less its zero point; of several values each belongs to one of dim `axis`.
std::vector<int32_t> centred(ir::EvalContext& c, int i, int axis);
// The same as FLOAT, by simpler ops.
ir::ValueId centredFloat(ir::DecomposeContext& c, int i, int axis);
// FLOAT as INT32.
ir::ValueId asInteger(ir::DecomposeContext& c, ir::ValueId x);

}  // namespace bireme::ops
