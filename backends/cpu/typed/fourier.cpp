// SPDX-License-Identifier: Apache-2.0
#include "backends/cpu/typed/fourier.h"

#include <cmath>

namespace bireme::cpu {

Fourier::Fourier(int64_t length, bool inverse) : length_(length), inverse_(inverse) {
    for (int64_t k = 0; k < length; ++k) {
        const double angle = 2 * M_PI * static_cast<double>(k) / static_cast<double>(length);
        roots_.emplace_back(std::cos(angle), inverse ? std::sin(angle) : -std::sin(angle));
    }
}

// Without the checks for infinities that operator* has.
static Complex product(const Complex& a, const Complex& b) {
    return {a.real() * b.real() - a.imag() * b.imag(), a.real() * b.imag() + a.imag() * b.real()};
}

// Halves while the length is even; what is odd is summed as it stands.
void Fourier::transform(const Complex* x, int64_t step, Complex* y, int64_t n) const noexcept {
    if (n == 1) {
        y[0] = x[0];
        return;
    }
    const int64_t apart = length_ / n;  // of the roots of this length in the table
    if (n % 2) {
        for (int64_t k = 0; k < n; ++k) {
            Complex sum = 0;
            for (int64_t i = 0, at = 0; i < n; ++i, at += k, at -= at >= n ? n : 0)
                sum += product(x[i * step], roots_[static_cast<size_t>(at * apart)]);
            y[k] = sum;
        }
        return;
    }
    const int64_t half = n / 2;
    transform(x, 2 * step, y, half);
    transform(x + step, 2 * step, y + half, half);
    for (int64_t k = 0; k < half; ++k) {
        const Complex t = product(roots_[static_cast<size_t>(k * apart)], y[half + k]), even = y[k];
        y[k] = even + t;
        y[half + k] = even - t;
    }
}

void Fourier::run(const Complex* x, Complex* y) const noexcept {
    transform(x, 1, y, length_);
    if (inverse_)
        for (int64_t k = 0; k < length_; ++k) y[k] /= static_cast<double>(length_);
}

}  // namespace bireme::cpu
