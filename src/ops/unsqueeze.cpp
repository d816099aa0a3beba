// SPDX-License-Identifier: Apache-2.0
#include "ops/squeeze.h"

#include "ir/eval.h"
#include "ir/infer.h"
#include "ops/support/arguments.h"
#include "ops/support/movement.h"

#include <algorithm>

namespace bireme::ops {

static void infer(const Unsqueeze& op, ir::InferContext& c) {
    auto given = numberArgument(c, 1, op.axes, "unsqueezed axes");
    int rank = c.in(0).rank() + static_cast<int>(given.size());
    auto axes = distinctAxes(c, given, rank);
    TensorDesc d = c.in(0);
    std::sort(axes.begin(), axes.end());
    for (int a : axes) d.dims.insert(d.dims.begin() + a, Dim(1));
    c.out(0) = d;
    if (const DimVector* known = c.known(0)) c.setKnown(0, *known);
}

static void eval(const Unsqueeze&, ir::EvalContext& c) { copyBytes(c); }

BIREME_OP(unsqueeze, Unsqueeze,
          {.inputs = 1,
           .maxInputs = 2,
           .traits = ir::kView,
           .infer = infer,
           .eval = eval,
           .doc = "A view with new dims of extent 1."})

}  // namespace bireme::ops
