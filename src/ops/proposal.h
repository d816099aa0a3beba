// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "base/fields.h"

#include <cstdint>
#include <vector>

namespace bireme::ops {

// Faster R-CNN's region proposals. Inputs: scores [N,2A,H,W] (background, then foreground), deltas
// [N,4A,H,W], image [1 or N, 3] (height, width, scale). The A anchors are every scale of every
// ratio. Outputs: regions [R,5] (image, x1, y1, x2, y2 in pixels) by image and falling score; their
// scores [R,1].
struct Proposal {
    int64_t stride = 16;    // pixels between neighbouring anchors
    int64_t baseSize = 16;  // extent of an anchor of ratio 1 and scale 1
    float minSize = 16;     // times the image's scale: smaller boxes are left out
    std::vector<float> ratios{0.5f, 1, 2};
    std::vector<float> scales{8, 16, 32};
    int64_t preNmsTopN = 6000;
    int64_t postNmsTopN = 300;
    float nmsThreshold = 0.7f;
    void fields(FieldVisitor& v) {
        v.field(1, "stride", stride);
        v.field(2, "baseSize", baseSize);
        v.field(3, "minSize", minSize);
        v.field(4, "ratios", ratios);
        v.field(5, "scales", scales);
        v.field(6, "preNmsTopN", preNmsTopN);
        v.field(7, "postNmsTopN", postNmsTopN);
        v.field(8, "nmsThreshold", nmsThreshold);
    }
};

}  // namespace bireme::ops
