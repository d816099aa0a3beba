// SPDX-License-Identifier: Apache-2.0
// Gauss's elimination with partial pivots, in double.
#pragma once

#include <cstddef>

namespace bireme::ops {

// Of the n x n matrix a, which is overwritten.
double determinantOf(double* a, size_t n);
// b becomes the inverse of a, which is overwritten; not finite where a is singular.
void invert(double* a, double* b, size_t n);

}  // namespace bireme::ops
