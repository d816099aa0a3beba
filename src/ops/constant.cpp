// SPDX-License-Identifier: Apache-2.0
#include "ops/constant.h"

#include "ir/eval.h"
#include "ir/infer.h"

namespace bireme::ops {

// The output value holds bytes and desc already; inference keeps the desc of values with bytes.
static void infer(const Constant&, ir::InferContext&) {}

BIREME_OP(constant, Constant,
          {.inputs = 0,
           .traits = ir::kMoves,
           .infer = infer,
           .doc = "A tensor of the network; its output has the bytes."})

}  // namespace bireme::ops
