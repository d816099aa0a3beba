// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "base/fields.h"

#include <cstdint>
#include <string>
#include <vector>

namespace bireme::ops {

// Inputs: x, pads (optional, int), value (optional scalar), axes (optional). pads = all begins,
// then all ends; negative crops.
struct Pad {
    std::vector<int64_t> pads;
    std::string mode = "constant";  // constant, reflect, edge, wrap
    float value = 0;
    std::vector<int64_t> axes;  // empty: all
    void fields(FieldVisitor& v) {
        v.field(1, "pads", pads);
        v.field(2, "mode", mode);
        v.field(3, "value", value);
        v.field(4, "axes", axes);
    }
};

}  // namespace bireme::ops
