// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "base/fields.h"

namespace bireme::ops {

// softmax(scale * q k^T + mask) v over the last two dims: q [.., S, D], k [.., T, D], v [.., T, E],
// mask (optional) [.., S, T] with dims of 1 repeated; leading dims are equal, or 1 in k and v.
// Causal: row s sees columns up to s + T - S. With zeroHidden, a row that sees nothing (its mask is
// -inf throughout) gives 0, else no numbers. Source: Vaswani et al., "Attention Is All You Need".
struct Attention {
    float scale = 1;
    bool causal = false;
    bool zeroHidden = false;
    void fields(FieldVisitor& v) {
        v.field(1, "scale", scale);
        v.field(2, "causal", causal);
        v.field(3, "zeroHidden", zeroHidden);
    }
};

}  // namespace bireme::ops
