// SPDX-License-Identifier: Apache-2.0
#include "ops/softmax.h"

#include "ir/eval.h"
#include "ir/infer.h"
#include "ir/work.h"
#include "ops/support/axis_view.h"

#include <cmath>

namespace bireme::ops {

static void infer(const Softmax& op, ir::InferContext& c) {
    c.require(c.in(0).rank() > 0, "softmax needs at least one dimension");
    c.requireReal(0);
    c.axis(op.axis, c.in(0).rank());
    c.out(0) = c.in(0);
}

template <typename T>
static void row(const T* x, T* y, int64_t n, int64_t step, bool log) {
    T top = x[0], total = 0;
    for (int64_t i = 1; i < n; ++i) top = x[i * step] > top ? x[i * step] : top;
    for (int64_t i = 0; i < n; ++i) total += std::exp(x[i * step] - top);
    T logTotal = std::log(total);
    for (int64_t i = 0; i < n; ++i) {
        T d = x[i * step] - top;
        y[i * step] = log ? d - logTotal : std::exp(d) / total;
    }
}

static void eval(const Softmax& op, ir::EvalContext& c) {
    AxisView view(c.dims(0), op.axis);
    c.computeReal(c.type(0), [&](auto t) {
        using T = decltype(t);
        auto x = c.read<T>(0);
        auto y = c.write<T>(0);
        if (x.empty()) return;
        for (int64_t o = 0; o < view.outer; ++o)
            for (int64_t k = 0; k < view.inner; ++k) {
                int64_t at = o * view.extent * view.inner + k;
                row(x.data() + at, y.data() + at, view.extent, view.inner, op.log);
            }
    });
}

// Maximum, subtraction, exponential, sum, quotient.
static Dim operations(const Softmax&, const ir::Work& w) { return Dim(5) * volume(w.out()); }

BIREME_OP(softmax, Softmax,
          {.inputs = 1,
           .outputs = 1,
           .infer = infer,
           .eval = eval,
           .operations = operations,
           .doc = "Softmax, or its logarithm, along one axis."})

}  // namespace bireme::ops
