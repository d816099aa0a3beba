// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "tensor/dim.h"

namespace bireme::ops {

// Number of elements that x[start:end:stride] of an axis of `extent` has, as numpy and ONNX count:
// negative bounds are from the end, both are clamped. Numbers give exact numbers. Of a symbolic
// extent, a bound relative to an end is taken to lie inside (x[2:] has extent - 2 elements), and so
// is a symbolic start; eval refuses where that does not hold.
Dim sliceExtent(const Dim& extent, const Dim& start, const Dim& end, int64_t stride);

struct SliceBounds {
    int64_t start = 0;
    int64_t count = 0;
};
// The same on numbers, with the clamped start.
SliceBounds sliceBounds(int64_t extent, int64_t start, int64_t end, int64_t stride);

}  // namespace bireme::ops
