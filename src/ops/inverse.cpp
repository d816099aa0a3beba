// SPDX-License-Identifier: Apache-2.0
#include "ops/inverse.h"

#include "ir/eval.h"
#include "ir/infer.h"

#include <algorithm>
#include <cmath>
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

// Gauss and Jordan's elimination with partial pivots, in double; `b` starts as the unit matrix.
static void invert(std::vector<double> a, double* b, size_t n) {
    std::fill_n(b, n * n, 0.0);
    for (size_t i = 0; i < n; ++i) b[i * n + i] = 1;
    for (size_t k = 0; k < n; ++k) {
        size_t pivot = k;
        for (size_t i = k + 1; i < n; ++i)
            if (std::fabs(a[i * n + k]) > std::fabs(a[pivot * n + k])) pivot = i;
        for (size_t j = 0; j < n && pivot != k; ++j) {
            std::swap(a[pivot * n + j], a[k * n + j]);
            std::swap(b[pivot * n + j], b[k * n + j]);
        }
        const double scale = a[k * n + k];
        for (size_t j = 0; j < n; ++j) a[k * n + j] /= scale, b[k * n + j] /= scale;
        for (size_t i = 0; i < n; ++i) {
            const double f = a[i * n + k];
            for (size_t j = 0; j < n && i != k; ++j) {
                a[i * n + j] -= f * a[k * n + j];
                b[i * n + j] -= f * b[k * n + j];
            }
        }
    }
}

static void eval(const Inverse&, ir::EvalContext& c) {
    auto x = c.read<double>(0);
    auto y = c.write<double>(0);
    auto n = static_cast<size_t>(c.dims(0).back());
    c.require(static_cast<size_t>(c.dims(0)[c.dims(0).size() - 2]) == n,
              "the matrices are not square");
    for (size_t at = 0; at < x.size(); at += n * n) {
        auto from = x.subspan(at, n * n);
        invert({from.begin(), from.end()}, y.data() + at, n);
    }
}

BIREME_OP(inverse, Inverse, {.infer = infer, .eval = eval, .doc = "Inverses of square matrices."})

}  // namespace bireme::ops
