// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "base/fields.h"
#include "tensor/dtype.h"

#include <cstdint>
#include <string>
#include <vector>

namespace bireme::ops {

// Pooled values of regions. Inputs: x [N,C,H,W], boxes [R,4] as x1 y1 x2 y2, batch indices [R].
struct RoiAlign {
    int64_t height = 1, width = 1;
    int64_t samples = 0;  // per bin and axis; 0: as many as the region has pixels per bin
    float scale = 1;
    bool maximum = false;  // else the mean
    bool halfPixel = true;
    void fields(FieldVisitor& v) {
        v.field(1, "height", height);
        v.field(2, "width", width);
        v.field(3, "samples", samples);
        v.field(4, "scale", scale);
        v.field(5, "maximum", maximum);
        v.field(6, "halfPixel", halfPixel);
    }
};

}  // namespace bireme::ops
