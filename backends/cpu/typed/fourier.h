// SPDX-License-Identifier: Apache-2.0
// Discrete Fourier transforms of any length, in double, without allocation.
#pragma once

#include <complex>
#include <cstdint>
#include <vector>

namespace bireme::cpu {

using Complex = std::complex<double>;

// Transforms of one length; `roots` are those of unity in the direction that was asked for.
class Fourier {
public:
    Fourier(int64_t length, bool inverse);
    int64_t length() const { return length_; }
    bool inverse() const { return inverse_; }
    // y = the transform of the length elements of x; the inverse is divided by the length. Two
    // arrays apart.
    void run(const Complex* x, Complex* y) const noexcept;

private:
    void transform(const Complex* x, int64_t step, Complex* y, int64_t n) const noexcept;

    int64_t length_;
    bool inverse_;
    std::vector<Complex> roots_;
};

}  // namespace bireme::cpu
