// SPDX-License-Identifier: Apache-2.0
#include "ops/inverse.h"

#include "ir/eval.h"
#include "ir/infer.h"
#include "ops/support/elimination.h"

#include <vector>

namespace bireme::ops {

static void infer(const Inverse&, ir::InferContext& c) {
    const TensorDesc& x = c.in(0);
    c.requireReal(0);
    auto n = static_cast<size_t>(x.rank());
    c.require(n >= 2 && (!x.dims[n - 1].isStatic() || !x.dims[n - 2].isStatic() ||
                         x.dims[n - 1] == x.dims[n - 2]),
              "inverses are of square matrices, not ", x.text());
    c.out(0) = x;
}

static void eval(const Inverse&, ir::EvalContext& c) {
    auto x = c.read<double>(0);
    auto y = c.write<double>(0);
    auto n = static_cast<size_t>(c.dims(0).back());
    c.require(static_cast<size_t>(c.dims(0)[c.dims(0).size() - 2]) == n,
              "the matrices are not square");
    for (size_t at = 0; at < x.size(); at += n * n) {
        auto from = x.subspan(at, n * n);
        std::vector<double> a(from.begin(), from.end());
        invert(a.data(), y.data() + at, n);
    }
}

BIREME_OP(inverse, Inverse, {.infer = infer, .eval = eval, .doc = "Inverses of square matrices."})

}  // namespace bireme::ops
