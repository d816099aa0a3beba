// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "base/fields.h"

#include <cstdint>

namespace bireme::ops {

// Fast R-CNN's pooling: the maxima of height x width bins of every region. Inputs: x [N,C,H,W],
// regions [R,5] (image, x1, y1, x2, y2). Output [R,C,height,width]; 0 for a bin outside of x
// and for a region of an image that is not there.
struct RoiPooling {
    int64_t height = 1;
    int64_t width = 1;
    float scale = 1;  // from the regions' units to pixels of x
    void fields(FieldVisitor& v) {
        v.field(1, "height", height);
        v.field(2, "width", width);
        v.field(3, "scale", scale);
    }
};

}  // namespace bireme::ops
