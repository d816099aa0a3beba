// SPDX-License-Identifier: Apache-2.0
#include "ops/axes_data.h"

#include "ir/eval.h"
#include "ir/infer.h"
#include "ops/support/arguments.h"
#include "ops/support/movement.h"

namespace bireme::ops {

static void infer(const AxesData& op, ir::InferContext& c) {
    const TensorDesc& x = c.in(0);
    int n = listLength(c, 1, "axes"), rank = op.insert ? x.rank() + n : x.rank() - n;
    c.require(rank >= 0, n, " axes do not fit ", x.text());
    c.require(rank <= 8, "the result has more than 8 dimensions");
    Dim most(1);
    for (const Dim& d : x.dims) most = max(most, d);
    c.out(0).type = x.type;
    for (int i = 0; i < rank; ++i) c.out(0).dims.push_back(c.stepExtent(0, i, most));
}

static void eval(const AxesData& op, ir::EvalContext& c) {
    std::vector<int64_t> axes = c.ints(1), dims, in = c.dims(0);
    size_t rank = op.insert ? in.size() + axes.size() : in.size();
    std::vector<bool> named(rank);
    for (int64_t a : axes) {
        auto signedRank = static_cast<int64_t>(rank);
        c.require(a >= -signedRank && a < signedRank, "axis ", a, " is outside of rank ", rank);
        auto axis = static_cast<size_t>(a < 0 ? a + signedRank : a);
        c.require(!named[axis], "axis ", a, " is given twice");
        c.require(op.insert || in[axis] == 1, "dimension ", axis, " to squeeze has extent ",
                  op.insert ? 1 : in[axis], ", not 1");
        named[axis] = true;
    }
    size_t from = 0;
    for (size_t d = 0; d < rank; ++d) {
        if (!op.insert && named[d]) continue;
        dims.push_back(op.insert && named[d] ? 1 : in[op.insert ? from++ : d]);
    }
    c.resize(0, dims);
    copyBytes(c);
}

BIREME_OP(axes_data, AxesData,
          {.inputs = 2,
           .traits = ir::kDataDependent,
           .infer = infer,
           .eval = eval,
           .doc = "Dims of extent 1 put in or taken out at places that are data."})

}  // namespace bireme::ops
