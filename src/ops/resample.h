// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "base/fields.h"

#include <cstdint>
#include <string>
#include <vector>

namespace bireme::ops {

// Resize with all that ONNX's has and `resize` lacks: antialiasing, regions, aspect ratios, scales
// that are data. Inputs: x, regions (optional: starts, then ends, of the axes), scales (optional),
// sizes (optional).
struct Resample {
    std::string mode = "nearest";            // nearest, linear, cubic
    std::string coordinates = "half_pixel";  // ONNX's coordinate_transformation_mode
    std::string rounding = "round_prefer_floor";
    std::string aspect = "stretch";  // stretch, not_larger, not_smaller
    float cubicCoefficient = -0.75f;
    float outside = 0;  // tf_crop_and_resize: the value beyond the input
    bool excludeOutside = false, antialias = false;
    std::vector<int64_t> axes;  // what regions, scales and sizes are of; empty: all
    void fields(FieldVisitor& v) {
        v.field(1, "mode", mode);
        v.field(2, "coordinates", coordinates);
        v.field(3, "rounding", rounding);
        v.field(4, "aspect", aspect);
        v.field(5, "cubicCoefficient", cubicCoefficient);
        v.field(6, "outside", outside);
        v.field(7, "excludeOutside", excludeOutside);
        v.field(8, "antialias", antialias);
        v.field(9, "axes", axes);
    }
};

}  // namespace bireme::ops
