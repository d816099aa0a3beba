// SPDX-License-Identifier: Apache-2.0
#include "ops/cumulative.h"

#include "ir/eval.h"
#include "ir/infer.h"
#include "ops/support/axis_view.h"

namespace bireme::ops {

static void infer(const Cumulative&, ir::InferContext& c) {
    c.require(c.in(0).rank() > 0, "a running sum needs at least one dimension");
    c.require(c.in(0).type != DataType::kBOOL, "a running sum of bool");
    c.require(isInteger(c.in(1).type) && volume(c.in(1).dims).valueOr(1) == 1,
              "the axis must be one integer, it is ", c.in(1).text());
    if (const DimVector* axis = c.known(1))
        if ((*axis)[0].isStatic()) c.axis((*axis)[0].value(), c.in(0).rank());
    c.out(0) = c.in(0);
}

static void eval(const Cumulative& op, ir::EvalContext& c) {
    int64_t axis = c.ints(1)[0];
    c.require(axis >= -c.rank(0) && axis < c.rank(0), "axis ", axis, " is outside the ", c.rank(0),
              " dimensions of the input");
    AxisView view(c.dims(0), axis);
    c.compute(c.type(0), [&](auto t) {
        using T = decltype(t);
        // Sums of real numbers are kept in double, so that long ones keep their digits.
        using A = std::conditional_t<std::is_same_v<T, int64_t>, int64_t, double>;
        const T* x = c.read<T>(0).data();
        T* y = c.write<T>(0).data();
        for (int64_t o = 0; o < view.outer; ++o)
            for (int64_t k = 0; k < view.inner; ++k) {
                A sum = op.product ? 1 : 0;
                for (int64_t i = 0; i < view.extent; ++i) {
                    int64_t at =
                        (o * view.extent + (op.reverse ? view.extent - 1 - i : i)) * view.inner + k;
                    A value = static_cast<A>(x[at]), next = op.product ? sum * value : sum + value;
                    y[at] = static_cast<T>(op.exclusive ? sum : next);
                    sum = next;
                }
            }
    });
}

BIREME_OP(cumulative, Cumulative,
          {.inputs = 2,
           .outputs = 1,
           .infer = infer,
           .eval = eval,
           .doc = "Running sum or product along an axis."})

}  // namespace bireme::ops
