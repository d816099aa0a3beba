// SPDX-License-Identifier: Apache-2.0
#include "ops/transpose.h"

#include "ir/eval.h"
#include "ir/infer.h"
#include "ops/support/arguments.h"
#include "ops/support/movement.h"

namespace bireme::ops {

static std::vector<int64_t> fullPermutation(const Transpose& op, int rank) {
    if (!op.permutation.empty()) return op.permutation;
    std::vector<int64_t> p;
    for (int i = rank; i-- > 0;) p.push_back(i);
    return p;
}

static void eval(const Transpose& op, ir::EvalContext& c) {
    auto p = fullPermutation(op, c.rank(0));
    auto in = ir::rowMajorStrides(c.dims(0));
    std::vector<int64_t> strides;
    for (int64_t i : p) strides.push_back(in[static_cast<size_t>(i < 0 ? i + c.rank(0) : i)]);
    copyStrided(c.outData(0), c.data(0), elementBytes(c.type(0)), c.outDims(0), strides);
}

static void infer(const Transpose& op, ir::InferContext& c) {
    const TensorDesc& x = c.in(0);
    auto p = fullPermutation(op, x.rank());
    c.require(static_cast<int>(p.size()) == x.rank(), "a permutation of ", p.size(),
              " dimensions does not fit ", x.text());
    distinctAxes(c, p, x.rank());
    c.out(0) = x;
    for (int i = 0; i < x.rank(); ++i) c.out(0).dims[i] = x.dims[c.axis(p[i], x.rank())];
    moveKnown(op, c, eval, {0});
}

BIREME_OP(transpose, Transpose,
          {.traits = ir::kMoves, .infer = infer, .eval = eval, .doc = "Dims in another order."})

}  // namespace bireme::ops
