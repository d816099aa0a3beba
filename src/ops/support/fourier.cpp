// SPDX-License-Identifier: Apache-2.0
#include "ops/support/fourier.h"

#include <cmath>

namespace bireme::ops {

using Complex = std::complex<double>;

static Complex root(size_t k, size_t n, bool inverse) {
    double angle = 2 * M_PI * static_cast<double>(k) / static_cast<double>(n);
    return {std::cos(angle), inverse ? std::sin(angle) : -std::sin(angle)};
}

// Halves while the length is even; what is odd is summed as it stands.
static std::vector<Complex> transform(const std::vector<Complex>& x, bool inverse) {
    size_t n = x.size();
    std::vector<Complex> y(n);
    if (n <= 1) return x;
    if (n % 2) {
        std::vector<Complex> roots(n);
        for (size_t k = 0; k < n; ++k) roots[k] = root(k, n, inverse);
        for (size_t k = 0; k < n; ++k)
            for (size_t i = 0; i < n; ++i) y[k] += x[i] * roots[k * i % n];
        return y;
    }
    std::vector<Complex> even(n / 2), odd(n / 2);
    for (size_t i = 0; i < n / 2; ++i) even[i] = x[2 * i], odd[i] = x[2 * i + 1];
    even = transform(even, inverse), odd = transform(odd, inverse);
    for (size_t k = 0; k < n / 2; ++k) {
        Complex t = root(k, n, inverse) * odd[k];
        y[k] = even[k] + t;
        y[k + n / 2] = even[k] - t;
    }
    return y;
}

std::vector<Complex> fourier(const std::vector<Complex>& x, bool inverse) {
    std::vector<Complex> y = transform(x, inverse);
    if (inverse)
        for (Complex& v : y) v /= static_cast<double>(y.size());
    return y;
}

}  // namespace bireme::ops
