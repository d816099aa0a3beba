// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "base/fields.h"

#include <cstdint>

namespace bireme::ops {

// Pairs of features turned by an angle of their position: with p = x[.., i] and q = x[.., j],
// y[.., i] = p cos[.., i] - q sin[.., i] and y[.., j] = q cos[.., j] + p sin[.., j]. Inputs x [..,
// D], cos and sin, broadcastable to x but for their last dim, which is F, or F / 2 where both of a
// pair take the same. The first F of D features are turned, the others are copied. Pairs are (i, i
// + F / 2); interleaved: (2 i, 2 i + 1). Source: Su et al., "RoFormer"; with F < D: GPT-NeoX.
struct RotaryEmbedding {
    bool interleaved = false;
    int64_t features = 0;  // F; 0: all
    void fields(FieldVisitor& v) {
        v.field(1, "interleaved", interleaved);
        v.field(2, "features", features);
    }
    int64_t turned(int64_t size) const { return features == 0 ? size : features; }
};

}  // namespace bireme::ops
