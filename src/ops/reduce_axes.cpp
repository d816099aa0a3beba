// SPDX-License-Identifier: Apache-2.0
#include "ops/reduce_axes.h"

#include "ir/eval.h"
#include "ir/infer.h"
#include "ops/reduce.h"
#include "ops/support/arguments.h"
#include "ops/support/axis_set.h"

#include <algorithm>

namespace bireme::ops {

static void infer(const ReduceAxes& op, ir::InferContext& c) {
    const TensorDesc& x = c.in(0);
    c.require(x.type != DataType::kBOOL, "bool cannot be reduced");
    c.require(op.operation != ReduceOperation::kNONE, "the reduction has no operation");
    int n = listLength(c, 1, "reduced axes"), rank = x.rank();
    c.require(n <= rank, n, " reduced axes do not fit ", x.text());
    c.out(0).type = x.type;
    DimVector axes = listArgument(c, 1, {}, "reduced axes", {-rank, std::max(rank - 1, 0)});
    DimVector kept;  // 1 or 0 per dim
    for (int d = 0; d < rank; ++d) {
        Dim named(n == 0 && op.noneIsAll ? 1 : 0);
        for (const Dim& a : axes) named = max(named, equal(a, Dim(d)) + equal(a, Dim(d - rank)));
        kept.push_back(Dim(1) - named);
    }
    if (op.keepDims) {
        for (int d = 0; d < rank; ++d) {
            const Dim& k = kept[static_cast<size_t>(d)];
            c.out(0).dims.push_back(x.dims[static_cast<size_t>(d)] * k + Dim(1) - k);
        }
        return;
    }
    // Dim d goes to the place that the kept dims before it leave.
    int left = n == 0 && op.noneIsAll ? 0 : rank - n;
    for (int to = 0; to < left; ++to) {
        Dim extent(0), place(0);
        for (size_t d = 0; d < kept.size(); ++d) {
            extent += x.dims[d] * kept[d] * equal(place, Dim(to));
            place += kept[d];
        }
        c.out(0).dims.push_back(extent);
    }
}

static void eval(const ReduceAxes& op, ir::EvalContext& c) {
    std::vector<int64_t> list = c.ints(1);
    int64_t rank = c.rank(0);
    std::vector<bool> set(static_cast<size_t>(rank), list.empty() && op.noneIsAll);
    for (int64_t a : list) {
        c.require(a >= -rank && a < rank, "axis ", a, " is outside the ", rank,
                  " dimensions of the input");
        auto axis = static_cast<size_t>(a < 0 ? a + rank : a);
        c.require(!set[axis], "axis ", a, " is given twice");
        set[axis] = true;
    }
    std::vector<int64_t> dims;
    for (size_t d = 0; d < set.size(); ++d)
        if (!set[d] || op.keepDims) dims.push_back(set[d] ? 1 : c.dims(0)[d]);
    c.require(c.outDims(0) == dims, "the axes give ", text(toDims(dims)), ", the shapes said ",
              text(toDims(c.outDims(0))));
    evalReduction(op.operation, set, c);
}

BIREME_OP(reduce_axes, ReduceAxes,
          {.inputs = 2,
           .infer = infer,
           .eval = eval,
           .doc = "Sum, product, maximum, minimum or mean over axes that are data."})

}  // namespace bireme::ops
