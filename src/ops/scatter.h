// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "base/fields.h"
#include "ops/support/enum_names.h"

#include <cstdint>
#include <string>
#include <vector>

namespace bireme::ops {

// A copy of data with updates written. Inputs: data, indices, updates.
struct Scatter {
    int64_t axis = 0;
    ScatterMode mode = ScatterMode::kELEMENT;
    std::string reduction = "none";  // none, add, mul, max, min (ONNX)
    void fields(FieldVisitor& v) {
        v.field(1, "axis", axis);
        v.field(2, "mode", mode);
        v.field(3, "reduction", reduction);
    }
};

}  // namespace bireme::ops
