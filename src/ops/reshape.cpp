// SPDX-License-Identifier: Apache-2.0
#include "ops/reshape.h"

#include "ir/eval.h"
#include "ir/infer.h"
#include "ops/support/movement.h"
#include "ops/support/reshape_dims.h"

namespace bireme::ops {

static void infer(const Reshape& op, ir::InferContext& c) {
    c.out(0) = c.in(0);
    c.out(0).dims = reshapedDims(c, c.in(0).dims, op.shape, op.zeroIsPlaceholder);
    if (const DimVector* known = c.known(0)) c.setKnown(0, *known);
}

static void eval(const Reshape&, ir::EvalContext& c) { copyBytes(c); }

BIREME_OP(reshape, Reshape,
          {.inputs = 1,
           .maxInputs = 2,
           .traits = ir::kView,
           .infer = infer,
           .eval = eval,
           .doc = "The same elements under other dims."})

}  // namespace bireme::ops
