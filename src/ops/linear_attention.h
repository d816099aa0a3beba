// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "base/fields.h"
#include "tensor/dtype.h"

#include <cstdint>
#include <string>
#include <vector>

namespace bireme::ops {

// Attention by a recurrent state. Inputs: query [B,T,Hq*K], key [B,T,H*K], value [B,T,H*V], state
// [B,H,K,V] (optional), decay (optional), beta (optional). Outputs: [B,T,Hq*V], the new state.
struct LinearAttention {
    int64_t queryHeads = 1, heads = 1;
    float scale = 0;                   // 0: 1/sqrt(K)
    std::string rule = "gated_delta";  // linear, gated, delta, gated_delta
    void fields(FieldVisitor& v) {
        v.field(1, "queryHeads", queryHeads);
        v.field(2, "heads", heads);
        v.field(3, "scale", scale);
        v.field(4, "rule", rule);
    }
};

}  // namespace bireme::ops
