// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "base/fields.h"
#include "tensor/dtype.h"

#include <cstdint>
#include <string>
#include <vector>

namespace bireme::ops {

// q = clamp(roundHalfEven(x / scale) + zeroPoint). Inputs x, scale (scalar, or 1-D along axis),
// zero point (optional).
struct Quantize {
    int64_t axis = -1;
    DataType type = DataType::kINT8;
    void fields(FieldVisitor& v) {
        v.field(1, "axis", axis);
        v.field(2, "type", type);
    }
};

// x = (q - zeroPoint) * scale. Inputs q, scale, zero point (optional).
struct Dequantize {
    int64_t axis = -1;
    DataType type = DataType::kFLOAT;
    void fields(FieldVisitor& v) {
        v.field(1, "axis", axis);
        v.field(2, "type", type);
    }
};

}  // namespace bireme::ops
