// SPDX-License-Identifier: Apache-2.0
#include "ops/reduce_axes.h"

#include "ir/eval.h"
#include "ir/infer.h"
#include "ops/reduce.h"
#include "ops/support/arguments.h"
#include "ops/support/axis_set.h"

namespace bireme::ops {

static void infer(const ReduceAxes& op, ir::InferContext& c) {
    const TensorDesc& x = c.in(0);
    c.require(x.type != DataType::kBOOL, "bool cannot be reduced");
    c.require(op.operation != ReduceOperation::kNONE, "the reduction has no operation");
    int n = listLength(c, 1, "reduced axes"), rank = x.rank();
    c.require(n <= rank, n, " reduced axes do not fit ", x.text());
    c.out(0).type = x.type;
    const DimVector* axes = c.known(1);
    if (n == 0 || (axes && allStatic(*axes))) {
        std::vector<int64_t> list = n ? staticValues(*axes) : std::vector<int64_t>{};
        std::vector<bool> set = axisSet(c, list, rank);
        if (n == 0 && op.noneIsAll) set.assign(set.size(), true);
        for (size_t d = 0; d < set.size(); ++d)
            if (!set[d] || op.keepDims) c.out(0).dims.push_back(set[d] ? Dim(1) : x.dims[d]);
        return;
    }
    Dim most(1);
    for (const Dim& d : x.dims) most = max(most, d);
    for (int i = 0; i < (op.keepDims ? rank : rank - n); ++i)
        c.out(0).dims.push_back(
            c.stepExtent(0, i, op.keepDims ? max(x.dims[static_cast<size_t>(i)], Dim(1)) : most));
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
    c.resize(0, dims);
    evalReduction(op.operation, set, c);
}

BIREME_OP(reduce_axes, ReduceAxes,
          {.inputs = 2,
           .traits = ir::kDataDependent,
           .infer = infer,
           .eval = eval,
           .doc = "Sum, product, maximum, minimum or mean over axes that are data."})

}  // namespace bireme::ops
