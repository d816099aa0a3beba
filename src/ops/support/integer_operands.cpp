// SPDX-License-Identifier: Apache-2.0
#include "ops/support/integer_operands.h"

#include "ops/pointwise.h"
#include "ops/squeeze.h"
#include "ops/support/axis_view.h"

namespace bireme::ops {

void checkIntegerOperands(const ir::InferContext& c) {
    for (int i : {0, 1})
        c.require(c.in(i).type == DataType::kINT8 || c.in(i).type == DataType::kUINT8, "operand ",
                  i, " must be INT8 or UINT8, it is ", c.in(i).text());
}

void checkZeroPoint(const ir::InferContext& c, int i, const Dim& places) {
    if (!c.has(i)) return;
    c.requireType(i, DataType::kINT32);
    c.require(c.in(i).rank() <= 1, "zero point ", i, " must be one value or a list, it is ",
              c.in(i).text());
    const Dim n = volume(c.in(i).dims);
    c.require(n.is(1) || !n.isStatic() || !places.isStatic() || n == places, "zero point ", i,
              " has ", n.text(), " values for ", places.text(), " places");
}

std::vector<int32_t> centred(ir::EvalContext& c, int i, int axis) {
    const auto x = c.read<int32_t>(i);
    std::vector<int32_t> y(x.begin(), x.end());
    if (!c.has(2 + i)) return y;
    const auto zero = c.read<int32_t>(2 + i);
    const AxisView v(c.dims(i), axis);
    for (size_t e = 0; e < y.size(); ++e) {
        const auto place = static_cast<int64_t>(e) / v.inner % v.extent;
        y[e] -= zero[zero.size() == 1 ? 0 : static_cast<size_t>(place)];
    }
    return y;
}

namespace {

ir::ValueId converted(ir::DecomposeContext& c, ir::ValueId x, DataType to) {
    Pointwise cast;
    cast.fn = PointwiseFn::cast;
    cast.to = to;
    return c.add(ir::Op::of(cast), {x});
}

}  // namespace

ir::ValueId centredFloat(ir::DecomposeContext& c, int i, int axis) {
    const ir::ValueId x = converted(c, c.in(i), DataType::kFLOAT);
    if (c.in(2 + i) == ir::kNoValue) return x;
    ir::ValueId zero = converted(c, c.in(2 + i), DataType::kFLOAT);
    const int rank = c.desc(i).rank();
    Unsqueeze spread;  // a list lies along `axis`, one value along dims of 1
    for (int d = 0; d < rank; ++d)
        if (d != axis || c.desc(2 + i).rank() == 0) spread.axes.push_back(d);
    zero = c.add(ir::Op::of(spread), {zero});
    Pointwise minus;
    minus.fn = PointwiseFn::sub;
    return c.add(ir::Op::of(minus), {x, zero});
}

ir::ValueId asInteger(ir::DecomposeContext& c, ir::ValueId x) {
    return converted(c, x, DataType::kINT32);
}

}  // namespace bireme::ops
