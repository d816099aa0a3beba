// SPDX-License-Identifier: Apache-2.0
#include "ops/determinant.h"

#include "ir/eval.h"
#include "ir/infer.h"
#include "ops/support/elimination.h"

#include <vector>

namespace bireme::ops {

static void infer(const Determinant&, ir::InferContext& c) {
    const TensorDesc& x = c.in(0);
    c.requireReal(0);
    auto n = static_cast<size_t>(x.rank());
    c.require(n >= 2 && (!x.dims[n - 1].isStatic() || !x.dims[n - 2].isStatic() ||
                         x.dims[n - 1] == x.dims[n - 2]),
              "determinants are of square matrices, not ", x.text());
    c.out(0) = x;
    c.out(0).dims.resize(n - 2);
}

static void eval(const Determinant&, ir::EvalContext& c) {
    auto x = c.read<double>(0);
    auto y = c.write<double>(0);
    auto n = static_cast<size_t>(c.dims(0).back());
    c.require(static_cast<size_t>(c.dims(0)[c.dims(0).size() - 2]) == n,
              "the matrices are not square");
    for (size_t i = 0; i < y.size(); ++i) {
        auto from = x.subspan(i * n * n, n * n);
        std::vector<double> a(from.begin(), from.end());
        y[i] = determinantOf(a.data(), n);
    }
}

BIREME_OP(determinant, Determinant,
          {.infer = infer, .eval = eval, .doc = "Determinants of square matrices."})

}  // namespace bireme::ops
