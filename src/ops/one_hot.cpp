// SPDX-License-Identifier: Apache-2.0
#include "ops/one_hot.h"

#include "ir/eval.h"
#include "ir/infer.h"
#include "ops/support/arguments.h"
#include "ops/support/axis_view.h"
#include "ops/support/movement.h"

namespace bireme::ops {

static void infer(const OneHot& op, ir::InferContext& c) {
    const TensorDesc &i = c.in(0), &values = c.in(1);
    Dim n = volume(values.dims);
    c.require(values.rank() == 1 && (!n.isStatic() || n.is(2)),
              "one_hot takes two values, off and on, got ", values.text());
    int axis = c.axis(op.axis, i.rank() + 1);
    Dim depth;
    if (std::vector<float> real = c.constantFloats(2); isReal(c.in(2).type) && real.size() == 1) {
        c.require(real[0] >= 0 && real[0] < 0x1p31f, "the depth is ", real[0]);
        depth = Dim(static_cast<int64_t>(real[0]));
    } else {
        depth = scalarArgument(c, 2, "the depth", {0, INT64_MAX});
    }
    c.out(0) = i;
    c.out(0).type = values.type;
    c.out(0).dims.insert(c.out(0).dims.begin() + axis, depth);
}

static void eval(const OneHot& op, ir::EvalContext& c) {
    AxisView view(c.outDims(0), op.axis);
    auto at = c.ints(0);
    size_t size = elementBytes(c.type(1));
    auto* out = static_cast<uint8_t*>(c.outData(0));
    const auto* values = static_cast<const uint8_t*>(c.data(1));
    for (int64_t o = 0; o < view.outer; ++o)
        for (int64_t d = 0; d < view.extent; ++d)
            for (int64_t k = 0; k < view.inner; ++k, out += size) {
                int64_t i = at[static_cast<size_t>(o * view.inner + k)];
                copyElement(out, values + (d == (i < 0 ? i + view.extent : i) ? size : 0), size);
            }
}

BIREME_OP(one_hot, OneHot,
          {.inputs = 3,
           .infer = infer,
           .eval = eval,
           .doc = "A new axis with the value on at the index and off elsewhere."})

}  // namespace bireme::ops
