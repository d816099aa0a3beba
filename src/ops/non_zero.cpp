// SPDX-License-Identifier: Apache-2.0
#include "ops/non_zero.h"

#include "ir/eval.h"
#include "ir/infer.h"
#include "ops/support/movement.h"

namespace bireme::ops {

static void infer(const NonZero& op, ir::InferContext& c) {
    c.require(op.indicesType == DataType::kINT32 || op.indicesType == DataType::kINT64,
              "indices are i32 or i64, not ", name(op.indicesType));
    c.out(0) = {
        op.indicesType, {Dim(c.in(0).rank()), c.stepExtent(0, 1, volume(c.in(0).dims))}, {}, {}};
}

static void eval(const NonZero&, ir::EvalContext& c) {
    std::vector<std::vector<int64_t>> found;
    std::vector<int64_t> index(c.dims(0).size(), 0);
    ir::EvalContext::compute(c.type(0), [&](auto kind) {
        for (auto x : c.read<decltype(kind)>(0)) {
            if (x != 0) found.push_back(index);  // NaN is not zero
            ir::nextIndex(index, c.dims(0));
        }
    });
    auto n = found.size(), rank = c.dims(0).size();
    c.resize(0, {static_cast<int64_t>(rank), static_cast<int64_t>(n)});
    auto y = c.write<int64_t>(0);
    for (size_t k = 0; k < n; ++k)
        for (size_t d = 0; d < rank; ++d) y[d * n + k] = found[k][d];
}

BIREME_OP(non_zero, NonZero,
          {.traits = ir::kDataDependent,
           .infer = infer,
           .eval = eval,
           .doc = "Indices of non-zero elements, one column each."})

}  // namespace bireme::ops
