// SPDX-License-Identifier: Apache-2.0
#include "ops/support/elimination.h"

#include <algorithm>
#include <cmath>

namespace bireme::ops {

namespace {

size_t pivotOf(const double* a, size_t n, size_t k) {
    size_t pivot = k;
    for (size_t i = k + 1; i < n; ++i)
        if (std::fabs(a[i * n + k]) > std::fabs(a[pivot * n + k])) pivot = i;
    return pivot;
}

}  // namespace

double determinantOf(double* a, size_t n) {
    double product = 1;
    for (size_t k = 0; k < n; ++k) {
        const size_t pivot = pivotOf(a, n, k);
        if (a[pivot * n + k] == 0) return 0;
        if (pivot != k) {
            product = -product;
            std::swap_ranges(a + pivot * n, a + (pivot + 1) * n, a + k * n);
        }
        product *= a[k * n + k];
        for (size_t i = k + 1; i < n; ++i) {
            const double f = a[i * n + k] / a[k * n + k];
            for (size_t j = k; j < n; ++j) a[i * n + j] -= f * a[k * n + j];
        }
    }
    return product;
}

// By Jordan's way: b starts as the unit matrix.
void invert(double* a, double* b, size_t n) {
    std::fill_n(b, n * n, 0.0);
    for (size_t i = 0; i < n; ++i) b[i * n + i] = 1;
    for (size_t k = 0; k < n; ++k) {
        const size_t pivot = pivotOf(a, n, k);
        if (pivot != k) {
            std::swap_ranges(a + pivot * n, a + (pivot + 1) * n, a + k * n);
            std::swap_ranges(b + pivot * n, b + (pivot + 1) * n, b + k * n);
        }
        const double scale = a[k * n + k];
        for (size_t j = 0; j < n; ++j) a[k * n + j] /= scale, b[k * n + j] /= scale;
        for (size_t i = 0; i < n; ++i) {
            const double f = a[i * n + k];
            if (i == k) continue;
            for (size_t j = 0; j < n; ++j) a[i * n + j] -= f * a[k * n + j];
            for (size_t j = 0; j < n; ++j) b[i * n + j] -= f * b[k * n + j];
        }
    }
}

}  // namespace bireme::ops
