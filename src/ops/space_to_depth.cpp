// SPDX-License-Identifier: Apache-2.0
#include "ops/depth_to_space.h"

#include "ir/eval.h"
#include "ir/infer.h"
#include "ops/support/movement.h"

namespace bireme::ops {

static void infer(const SpaceToDepth& op, ir::InferContext& c) {
    const TensorDesc& x = c.in(0);
    Dim b(op.blockSize);
    c.require(x.rank() == 4, "space_to_depth takes [N,C,H,W], not ", x.text());
    c.require(op.blockSize >= 1 && op.blockSize <= INT16_MAX, "block size ", op.blockSize,
              " is outside 1..32767");
    for (int i = 2; i < 4; ++i)
        c.require(!x.dims[i].isStatic() || x.dims[i].value() % op.blockSize == 0, "extent ",
                  x.dims[i].text(), " is no multiple of the block size ", op.blockSize);
    c.out(0) = x;
    c.out(0).dims = {x.dims[0], x.dims[1] * b * b, floorDiv(x.dims[2], b), floorDiv(x.dims[3], b)};
}

static void eval(const SpaceToDepth& op, ir::EvalContext& c) {
    int64_t b = op.blockSize, n = c.dims(0)[0], k = c.dims(0)[1], h = c.dims(0)[2],
            w = c.dims(0)[3];
    c.require(h % b == 0 && w % b == 0, "extents ", h, " and ", w,
              " are no multiples of the block size ", b);
    // Out is [n, b, b, k, h/b, w/b]; in is [n, k, h/b, b, w/b, b].
    copyStrided(c.outData(0), c.data(0), elementBytes(c.type(0)), {n, b, b, k, h / b, w / b},
                {k * h * w, w, 1, h * w, b * w, b});
}

BIREME_OP(space_to_depth, SpaceToDepth,
          {.traits = ir::kMoves,
           .infer = infer,
           .eval = eval,
           .doc = "Blocks of space laid out as channels."})

}  // namespace bireme::ops
