// SPDX-License-Identifier: Apache-2.0
#include "ops/range.h"

#include "ir/eval.h"
#include "ir/infer.h"
#include "ops/support/arguments.h"
#include "ops/support/symbolic_elements.h"
#include "tensor/convert.h"

#include <cmath>

namespace bireme::ops {

static void requireScalar(const ir::InferContext& c, int i) {
    Dim n = volume(c.in(i).dims);
    c.require(!n.isStatic() || n.is(1), "input ", i, " of range must be one number, not ",
              c.in(i).text());
}

// ceil((limit - start) / delta), at least 0; right for either sign of delta.
static Dim integerCount(const ir::InferContext& c, const Dim& start, const Dim& limit,
                        const Dim& delta) {
    c.require(!delta.is(0), "the step of range is 0");
    bool down = delta.isStatic() && delta.value() < 0;
    Dim n = Dim(-1) *
            (down ? floorDiv(limit - start, Dim(-delta.value())) : floorDiv(start - limit, delta));
    return isNonNegative(n) ? n : max(n, Dim(0));
}

static int64_t realCount(double start, double limit, double delta) {
    if (delta == 0 || !std::isfinite(start) || !std::isfinite(limit) || !std::isfinite(delta))
        failInvalid(cat("range from ", start, " to ", limit, " by ", delta, " has no end"));
    return static_cast<int64_t>(std::max(0.0, std::ceil((limit - start) / delta)));
}

static double constantNumber(const ir::InferContext& c, int i) {
    double v;
    convertElements(c.in(i).type, c.constant(i)->data(), DataType::kDOUBLE, &v, 1);
    return v;
}

static void infer(const Range&, ir::InferContext& c) {
    for (int i = 0; i < 3; ++i) requireScalar(c, i), c.requireSameType(0, i);
    c.out(0).type = c.in(0).type;
    if (isReal(c.in(0).type)) {
        bool constant = c.constant(0) && c.constant(1) && c.constant(2);
        c.out(0).dims = {constant ? Dim(realCount(constantNumber(c, 0), constantNumber(c, 1),
                                                  constantNumber(c, 2)))
                                  : c.stepExtent(0, 0, Dim(INT32_MAX))};
        return;
    }
    DimRange any{INT32_MIN, INT32_MAX};
    Dim start = scalarArgument(c, 0, "the start", any),
        limit = scalarArgument(c, 1, "the limit", any);
    Dim delta = scalarArgument(c, 2, "the step", any), n = integerCount(c, start, limit, delta);
    c.out(0).dims = {n};
    if (!n.isStatic() || n.value() > static_cast<int64_t>(ir::InferContext::kMaxKnown)) return;
    DimVector elements;
    for (int64_t i = 0; i < n.value(); ++i) elements.push_back(start + delta * Dim(i));
    c.setKnown(0, std::move(elements));
}

static void eval(const Range&, ir::EvalContext& c) {
    if (isReal(c.type(0))) {
        auto at = [&](int i) { return c.read<double>(i)[0]; };
        double start = at(0), delta = at(2);
        c.resize(0, {realCount(start, at(1), delta)});
        auto y = c.write<double>(0);
        for (size_t i = 0; i < y.size(); ++i) y[i] = start + static_cast<double>(i) * delta;
    } else {
        auto start = static_cast<uint64_t>(c.ints(0).at(0)),
             delta = static_cast<uint64_t>(c.ints(2).at(0));
        auto y = c.write<int64_t>(0);
        for (size_t i = 0; i < y.size(); ++i)
            y[i] = static_cast<int64_t>(start + i * delta);  // overflow wraps
    }
}

BIREME_OP(range, Range,
          {.inputs = 3,
           .traits = ir::kDataDependent,
           .infer = infer,
           .eval = eval,
           .doc = "start, start + step, ... below the limit."})

}  // namespace bireme::ops
