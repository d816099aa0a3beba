// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "base/fields.h"

namespace bireme::ops {

// softmax(scale * q k^T + mask) v over the last two dims: q [.., S, D], k [.., T, D], v [.., T, E],
// mask (optional) [.., S, T] with dims of 1 repeated; leading dims are equal, or 1 in k and v.
// Causal: row s sees columns up to s + T - S. Source: Vaswani et al., "Attention Is All You Need".
struct Attention {
    float scale = 1;
    bool causal = false;
    void fields(FieldVisitor& v) {
        v.field(1, "scale", scale);
        v.field(2, "causal", causal);
    }
};

}  // namespace bireme::ops
