// SPDX-License-Identifier: Apache-2.0
#include "ops/determinant.h"

#include "ir/eval.h"
#include "ir/infer.h"

#include <cmath>

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

// By elimination with partial pivots, in double.
static double determinant(std::vector<double> a, size_t n) {
    double product = 1;
    for (size_t k = 0; k < n; ++k) {
        size_t pivot = k;
        for (size_t i = k + 1; i < n; ++i)
            if (std::fabs(a[i * n + k]) > std::fabs(a[pivot * n + k])) pivot = i;
        if (a[pivot * n + k] == 0) return 0;
        if (pivot != k) {
            product = -product;
            for (size_t j = 0; j < n; ++j) std::swap(a[pivot * n + j], a[k * n + j]);
        }
        product *= a[k * n + k];
        for (size_t i = k + 1; i < n; ++i) {
            double f = a[i * n + k] / a[k * n + k];
            for (size_t j = k; j < n; ++j) a[i * n + j] -= f * a[k * n + j];
        }
    }
    return product;
}

static void eval(const Determinant&, ir::EvalContext& c) {
    auto x = c.read<double>(0);
    auto y = c.write<double>(0);
    auto n = static_cast<size_t>(c.dims(0).back());
    c.require(static_cast<size_t>(c.dims(0)[c.dims(0).size() - 2]) == n,
              "the matrices are not square");
    for (size_t i = 0; i < y.size(); ++i) {
        auto from = x.subspan(i * n * n, n * n);
        y[i] = determinant({from.begin(), from.end()}, n);
    }
}

BIREME_OP(determinant, Determinant,
          {.infer = infer, .eval = eval, .doc = "Determinants of square matrices."})

}  // namespace bireme::ops
