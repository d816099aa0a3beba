// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "base/fields.h"

#include <cstdint>
#include <string>
#include <vector>

namespace bireme::ops {

// ONNX GRU: inputs X, W [dirs,3h,in], R [dirs,3h,h], B [dirs,6h], lengths, h0; gates z, r, h.
// Outputs Y, Y_h.
struct Gru {
    int64_t hiddenSize = 0;
    std::string direction = "forward";  // forward, reverse, bidirectional
    std::string activations = "";       // comma-separated, per direction; empty: the op's own
    std::vector<float> activationAlpha;
    std::vector<float> activationBeta;
    float clip = 0;      // 0: none
    int64_t layout = 0;  // 1: batch first
    bool linearBeforeReset = false;
    void fields(FieldVisitor& v) {
        v.field(1, "hiddenSize", hiddenSize);
        v.field(2, "direction", direction);
        v.field(3, "activations", activations);
        v.field(4, "activationAlpha", activationAlpha);
        v.field(5, "activationBeta", activationBeta);
        v.field(6, "clip", clip);
        v.field(7, "layout", layout);
        v.field(8, "linearBeforeReset", linearBeforeReset);
    }
};

}  // namespace bireme::ops
