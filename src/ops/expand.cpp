// SPDX-License-Identifier: Apache-2.0
#include "ops/expand.h"

#include "ir/eval.h"
#include "ir/infer.h"
#include "ops/support/arguments.h"
#include "ops/support/movement.h"

namespace bireme::ops {

static void eval(const Expand&, ir::EvalContext& c) {
    const auto& to = c.outDims(0);
    c.require(to.size() >= c.dims(0).size(), "cannot expand to fewer dimensions");
    for (size_t i = 0, shift = to.size() - c.dims(0).size(); i < c.dims(0).size(); ++i)
        c.require(c.dims(0)[i] == 1 || c.dims(0)[i] == to[shift + i], "extent ", c.dims(0)[i],
                  " cannot expand to ", to[shift + i]);
    copyStrided(c.outData(0), c.data(0), elementBytes(c.type(0)), to,
                ir::broadcastStrides(c.dims(0), to));
}

static void infer(const Expand& op, ir::InferContext& c) {
    DimVector target = listArgument(c, 1, {}, "expanded dimensions", {0, INT64_MAX});
    for (const Dim& d : target)
        c.require(!d.isStatic() || d.value() >= 0, "cannot expand to ", text(target));
    c.out(0) = c.in(0);
    c.out(0).dims = c.broadcastDims(c.in(0).dims, target);
    moveKnown(op, c, eval, {0});
}

BIREME_OP(expand, Expand,
          {.inputs = 2,
           .traits = ir::kMoves,
           .infer = infer,
           .eval = eval,
           .doc = "Broadcast to the dims of input 1."})

}  // namespace bireme::ops
