// SPDX-License-Identifier: Apache-2.0
#include "ops/depth_to_space.h"

#include "ir/eval.h"
#include "ir/infer.h"
#include "ops/support/movement.h"

namespace bireme::ops {

static void infer(const DepthToSpace& op, ir::InferContext& c) {
    const TensorDesc& x = c.in(0);
    int64_t b = op.blockSize;
    c.require(x.rank() == 4, "depth_to_space takes [N,C,H,W], not ", x.text());
    c.require(b >= 1 && b <= INT16_MAX, "block size ", b, " is outside 1..32767");
    c.require(op.mode == "DCR" || op.mode == "CRD", "mode of depth_to_space is DCR or CRD, not ",
              op.mode);
    c.require(!x.dims[1].isStatic() || x.dims[1].value() % (b * b) == 0, x.dims[1].text(),
              " channels cannot be split into blocks of ", b, "x", b);
    c.out(0) = x;
    c.out(0).dims = {x.dims[0], floorDiv(x.dims[1], Dim(b * b)), x.dims[2] * Dim(b),
                     x.dims[3] * Dim(b)};
}

static void eval(const DepthToSpace& op, ir::EvalContext& c) {
    int64_t b = op.blockSize, n = c.dims(0)[0], h = c.dims(0)[2], w = c.dims(0)[3],
            k = c.dims(0)[1] / (b * b);
    bool blocksFirst = op.mode == "DCR";
    // Out is [n, k, h, b, w, b]; in is [n, b, b, k, h, w] (DCR) or [n, k, b, b, h, w].
    int64_t channel = blocksFirst ? h * w : b * b * h * w, block = blocksFirst ? k * h * w : h * w;
    copyStrided(c.outData(0), c.data(0), elementBytes(c.type(0)), {n, k, h, b, w, b},
                {c.dims(0)[1] * h * w, channel, w, b * block, 1, block});
}

BIREME_OP(depth_to_space, DepthToSpace,
          {.traits = ir::kMoves,
           .infer = infer,
           .eval = eval,
           .doc = "Blocks of channels laid out in space."})

}  // namespace bireme::ops
