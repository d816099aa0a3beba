// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "base/fields.h"
#include "tensor/dtype.h"

#include <cstdint>
#include <string>
#include <vector>

namespace bireme::ops {

// Discrete Fourier transform along an axis; the last dim holds 1 (real) or 2 (complex) numbers.
// Inputs: x, length (optional scalar), axis (optional scalar, else the attribute).
struct Dft {
    int64_t axis = 1;
    bool inverse = false;
    bool onesided = false;  // forward: only the first half; inverse: the input is that half
    void fields(FieldVisitor& v) {
        v.field(1, "axis", axis);
        v.field(2, "inverse", inverse);
        v.field(3, "onesided", onesided);
    }
};

}  // namespace bireme::ops
