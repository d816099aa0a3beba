// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "base/fields.h"

namespace bireme::ops {

// Pairs of features turned by an angle of their position: with p = x[.., i] and q = x[.., j],
// y[.., i] = p cos[.., i] - q sin[.., i] and y[.., j] = q cos[.., j] + p sin[.., j]. Inputs x [..,
// D], cos and sin, broadcastable to x; their last dim is D, or D / 2 where both of a pair take the
// same. Pairs are (i, i + D / 2); interleaved: (2 i, 2 i + 1). Source: Su et al., "RoFormer".
struct RotaryEmbedding {
    bool interleaved = false;
    void fields(FieldVisitor& v) { v.field(1, "interleaved", interleaved); }
};

}  // namespace bireme::ops
