// SPDX-License-Identifier: Apache-2.0
// Discrete Fourier transforms of any length, in double.
#pragma once

#include <complex>
#include <vector>

namespace bireme::ops {

// The transform of `x` (not scaled); inverse: with the conjugate kernel, divided by the length.
std::vector<std::complex<double>> fourier(const std::vector<std::complex<double>>& x, bool inverse);

}  // namespace bireme::ops
