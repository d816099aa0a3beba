// SPDX-License-Identifier: Apache-2.0
#include "ops/squeeze.h"

#include "ir/eval.h"
#include "ir/infer.h"
#include "ops/support/arguments.h"
#include "ops/support/movement.h"

#include <algorithm>

namespace bireme::ops {

static void infer(const Squeeze& op, ir::InferContext& c) {
    const TensorDesc& x = c.in(0);
    auto axes = distinctAxes(c, numberArgument(c, 1, op.axes, "squeezed axes"), x.rank());
    TensorDesc d = x;
    d.dims.clear();
    for (int i = 0; i < x.rank(); ++i) {
        bool named = std::find(axes.begin(), axes.end(), i) != axes.end();
        c.require(!named || !x.dims[i].isStatic() || x.dims[i].is(1), "dimension ", i,
                  " to squeeze has extent ", x.dims[i].text(), ", not 1");
        if (!named && !(axes.empty() && x.dims[i].is(1))) d.dims.push_back(x.dims[i]);
    }
    c.out(0) = d;
    if (const DimVector* known = c.known(0)) c.setKnown(0, *known);
}

static void eval(const Squeeze&, ir::EvalContext& c) { copyBytes(c); }

BIREME_OP(squeeze, Squeeze,
          {.inputs = 1,
           .maxInputs = 2,
           .traits = ir::kView,
           .infer = infer,
           .eval = eval,
           .doc = "A view without dims of extent 1."})

}  // namespace bireme::ops
