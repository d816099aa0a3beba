// SPDX-License-Identifier: Apache-2.0
#include "ops/padding.h"

#include "ir/decompose.h"
#include "ir/eval.h"
#include "ir/infer.h"
#include "ops/pad.h"
#include "ops/support/movement.h"
#include "ops/support/window.h"

namespace bireme::ops {

static void infer(const Padding& op, ir::InferContext& c) {
    const TensorDesc& x = c.in(0);
    c.require(op.pre.size() == 2 && op.post.size() == 2,
              "padding takes two extents before and two after, got ", op.pre.size(), " and ",
              op.post.size());
    c.require(x.rank() >= 2, "padding needs two dimensions, got ", x.text());
    c.out(0) = x;
    for (int k = 0; k < 2; ++k) {
        Dim& d = c.out(0).dims[x.rank() - 2 + k];
        d = d + Dim(op.pre[k]) + Dim(op.post[k]);
        c.require(!d.isStatic() || d.value() >= 0, "padding ", op.pre[k], " and ", op.post[k],
                  " leaves nothing of ", x.text());
    }
}

static void eval(const Padding& op, ir::EvalContext& c) {
    if (c.outCount(0) == 0) return;
    std::vector<std::vector<int64_t>> tables;
    size_t rank = c.dims(0).size();
    for (size_t d = 0; d < rank; ++d)
        tables.push_back(windowIndices(c.dims(0)[d], d + 2 < rank ? 0 : -op.pre[d + 2 - rank], 1,
                                       c.outDims(0)[d], SampleMode::kFILL));
    copyByTables(c.outData(0), c.data(0), elementBytes(c.type(0)), c.dims(0), tables);
}

static bool decompose(const Padding& op, ir::DecomposeContext& c) {
    Pad pad;
    pad.pads = {op.pre[0], op.pre[1], op.post[0], op.post[1]};
    pad.axes = {-2, -1};
    c.replace(0, c.add(ir::Op::of(pad), {c.in(0)}));
    return true;
}

BIREME_OP(padding, Padding,
          {.traits = ir::kMoves,
           .infer = infer,
           .eval = eval,
           .decompose = decompose,
           .doc = "Zero padding of the last two dims; negative crops."})

}  // namespace bireme::ops
