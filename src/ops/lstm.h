// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "base/fields.h"

#include <cstdint>
#include <string>
#include <vector>

namespace bireme::ops {

// ONNX LSTM: inputs X [seq,batch,in], W [dirs,4h,in], R [dirs,4h,h], B [dirs,8h], lengths, h0, c0,
// P; gates i, o, f, c. Outputs Y [seq,dirs,batch,h], Y_h, Y_c [dirs,batch,h].
struct Lstm {
    int64_t hiddenSize = 0;
    std::string direction = "forward";  // forward, reverse, bidirectional
    std::string activations = "";       // comma-separated, per direction; empty: the op's own
    std::vector<float> activationAlpha;
    std::vector<float> activationBeta;
    float clip = 0;      // 0: none
    int64_t layout = 0;  // 1: batch first
    bool inputForget = false;
    void fields(FieldVisitor& v) {
        v.field(1, "hiddenSize", hiddenSize);
        v.field(2, "direction", direction);
        v.field(3, "activations", activations);
        v.field(4, "activationAlpha", activationAlpha);
        v.field(5, "activationBeta", activationBeta);
        v.field(6, "clip", clip);
        v.field(7, "layout", layout);
        v.field(8, "inputForget", inputForget);
    }
};

}  // namespace bireme::ops
