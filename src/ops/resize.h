// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "base/fields.h"
#include "ops/support/enum_names.h"

#include <cstdint>
#include <string>
#include <vector>

namespace bireme::ops {

// Sizes come from input 1 (optional int tensor), else `dims`, else floor(in * scales).
struct Resize {
    InterpolationMode mode = InterpolationMode::kNEAREST;
    ResizeCoordinateTransformation coordinates = ResizeCoordinateTransformation::kASYMMETRIC;
    ResizeSelector selector = ResizeSelector::kFORMULA;
    ResizeRoundMode rounding = ResizeRoundMode::kFLOOR;
    float cubicCoefficient = -0.75f;
    bool excludeOutside = false;
    std::vector<float> scales;  // one per dim; also used for coordinates when given
    std::vector<int64_t> dims;
    void fields(FieldVisitor& v) {
        v.field(1, "mode", mode);
        v.field(2, "coordinates", coordinates);
        v.field(3, "selector", selector);
        v.field(4, "rounding", rounding);
        v.field(5, "cubicCoefficient", cubicCoefficient);
        v.field(6, "excludeOutside", excludeOutside);
        v.field(7, "scales", scales);
        v.field(8, "dims", dims);
    }
};

}  // namespace bireme::ops
