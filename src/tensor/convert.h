// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "tensor/small_float.h"

#include <cstdint>

namespace bireme {

// Converts `count` densely stored elements between any two data types. Real to integer truncates
// toward zero and saturates, anything to bool is (x != 0), as ONNX Cast; narrowing integers of a
// byte and more wraps. `overflow` decides for small floats and integers below a byte.
// Source and target may not overlap.
void convertElements(DataType from, const void* source, DataType to, void* target, int64_t count,
                     Overflow overflow = Overflow::saturate);

}  // namespace bireme
