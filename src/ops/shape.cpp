// SPDX-License-Identifier: Apache-2.0
#include "ops/shape.h"

#include "ir/eval.h"
#include "ir/infer.h"

namespace bireme::ops {

static void infer(const Shape&, ir::InferContext& c) {
    c.out(0) = {DataType::kINT64, {Dim(c.in(0).rank())}, {}, {}};
    c.setKnown(0, c.in(0).dims);
}

static void eval(const Shape&, ir::EvalContext& c) {
    auto y = c.write<int64_t>(0);
    for (int i = 0; i < c.rank(0); ++i) y[i] = c.dims(0)[i];
}

BIREME_OP(shape, Shape,
          {.traits = ir::kShapeOnly,
           .infer = infer,
           .eval = eval,
           .doc = "Extents of the input as 1-D int64."})

}  // namespace bireme::ops
