// SPDX-License-Identifier: Apache-2.0
#include "ops/lrn.h"

#include "ir/eval.h"
#include "ir/infer.h"
#include "ir/work.h"
#include "ops/support/axis_view.h"

#include <algorithm>
#include <cmath>

namespace bireme::ops {

static void infer(const Lrn& op, ir::InferContext& c) {
    c.requireReal(0);
    c.require(c.in(0).rank() >= 2, "the input must have batch and channel dimensions, it is ",
              c.in(0).text());
    c.require(op.window >= 1, "the window is ", op.window, ", it must be at least 1");
    c.out(0) = c.in(0);
}

static void eval(const Lrn& op, ir::EvalContext& c) {
    AxisView view(c.dims(0), 1);
    int64_t before = (op.window - 1) / 2, after = op.window / 2;
    c.computeReal(c.type(0), [&](auto t) {
        using T = decltype(t);
        auto x = c.read<T>(0);
        auto y = c.write<T>(0);
        for (int64_t o = 0; o < view.outer; ++o)
            for (int64_t ch = 0; ch < view.extent; ++ch)
                for (int64_t k = 0; k < view.inner; ++k) {
                    auto at = [&](int64_t i) {
                        return static_cast<size_t>((o * view.extent + i) * view.inner + k);
                    };
                    int64_t last = std::min(view.extent - 1, ch + after);
                    T squares = 0;
                    for (int64_t i = std::max<int64_t>(0, ch - before); i <= last; ++i)
                        squares += x[at(i)] * x[at(i)];
                    T base = op.k + op.alpha / static_cast<T>(op.window) * squares;
                    y[at(ch)] = x[at(ch)] / std::pow(base, static_cast<T>(op.beta));
                }
    });
}

static Dim operations(const Lrn& op, const ir::Work& w) {
    return Dim(2 * op.window + 3) * volume(w.out());
}

BIREME_OP(lrn, Lrn,
          {.inputs = 1,
           .outputs = 1,
           .infer = infer,
           .eval = eval,
           .operations = operations,
           .doc = "Local response normalization across channels."})

}  // namespace bireme::ops
