// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "base/fields.h"

#include <cstdint>
#include <string>
#include <vector>

namespace bireme::ops {

// The public layer: zero padding of the last two dims, negative crops. Lowered to Pad.
struct Padding {
    std::vector<int64_t> pre;
    std::vector<int64_t> post;
    void fields(FieldVisitor& v) {
        v.field(1, "pre", pre);
        v.field(2, "post", post);
    }
};

}  // namespace bireme::ops
