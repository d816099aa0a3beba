// SPDX-License-Identifier: Apache-2.0
// Weights that training left all but zero.
#pragma once

#include "builder/job.h"

namespace bireme::builder {

// On a CPU, constants that products and sums of products read: numbers below FP32's normal range
// (|w| < 2^-126) become zero where the constant's largest is 2^40 times that or more, so that what
// they add is far below the rounding of what the others add. Arithmetic on such numbers takes some
// processors a hundred times as long.
void zeroSubnormals(BuildJob& job);

}  // namespace bireme::builder
