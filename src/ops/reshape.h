// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "base/fields.h"

#include <cstdint>
#include <string>
#include <vector>

namespace bireme::ops {

// A view. Input 1 (optional): the shape as an integer tensor, else the attribute.
struct Reshape {
    std::vector<int64_t> shape;  // 0 copies the input's dim of the same index (if
                                 // zeroIsPlaceholder), one -1 is inferred
    bool zeroIsPlaceholder = true;
    void fields(FieldVisitor& v) {
        v.field(1, "shape", shape);
        v.field(2, "zeroIsPlaceholder", zeroIsPlaceholder);
    }
};

}  // namespace bireme::ops
