// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "base/fields.h"
#include "ops/support/enum_names.h"

#include <cstdint>
#include <string>
#include <vector>

namespace bireme::ops {

// Cross-correlation. Inputs: x [N,C,spatial...], kernel [K,C/groups,window...], bias [K]
// (optional). Output [N,K,spatial...].
struct Convolution {
    std::vector<int64_t> stride;  // empty: 1 everywhere; likewise the next three, with 0, 0, 1
    std::vector<int64_t> prePadding;
    std::vector<int64_t> postPadding;
    std::vector<int64_t> dilation;
    int64_t groups = 1;
    PaddingMode paddingMode = PaddingMode::kEXPLICIT_ROUND_DOWN;
    void fields(FieldVisitor& v) {
        v.field(1, "stride", stride);
        v.field(2, "prePadding", prePadding);
        v.field(3, "postPadding", postPadding);
        v.field(4, "dilation", dilation);
        v.field(5, "groups", groups);
        v.field(6, "paddingMode", paddingMode);
    }
};

}  // namespace bireme::ops
