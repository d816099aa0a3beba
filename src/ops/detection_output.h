// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "base/fields.h"

#include <cstdint>
#include <limits>
#include <string>

namespace bireme::ops {

// SSD's detections. Inputs: locations [N, P*L*4] with L = 1 or, unless shared, C; scores [N, P*C];
// priors [1 or N, 2, P*4], boxes (normalised corners) above their variances. Output [1,1,K,7]:
// image, class, score, x1, y1, x2, y2, by image, class and falling score; without any detection one
// row an image: its index and six times -1.
struct DetectionOutput {
    int64_t classes = 0;
    bool shareLocation = true;
    int64_t background = 0;       // class without boxes; -1: none
    std::string code = "corner";  // how locations are meant: corner, center_size, corner_size
    bool varianceInTarget = false;
    float scoreThreshold = std::numeric_limits<float>::lowest();  // scores above it count
    float nmsThreshold = 0.3f;
    float eta = 1;          // below 1: the threshold shrinks by it while it exceeds a half
    int64_t topK = -1;      // boxes of one class that suppression sees; -1: all
    int64_t keepTopK = -1;  // boxes of one image that stay; -1: all
    void fields(FieldVisitor& v) {
        v.field(1, "classes", classes);
        v.field(2, "shareLocation", shareLocation);
        v.field(3, "background", background);
        v.field(4, "code", code);
        v.field(5, "varianceInTarget", varianceInTarget);
        v.field(6, "scoreThreshold", scoreThreshold);
        v.field(7, "nmsThreshold", nmsThreshold);
        v.field(8, "eta", eta);
        v.field(9, "topK", topK);
        v.field(10, "keepTopK", keepTopK);
    }
};

}  // namespace bireme::ops
