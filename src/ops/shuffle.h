// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "base/fields.h"

#include <cstdint>
#include <string>
#include <vector>

namespace bireme::ops {

// The public layer: transpose, reshape, transpose; canonicalize lowers it. Input 1 (optional): the
// shape.
struct Shuffle {
    std::vector<int64_t> firstTranspose;  // empty: none
    bool reshapes = false;
    std::vector<int64_t> reshape;  // 0 copies (if zeroIsPlaceholder), -1 infers
    std::vector<int64_t> secondTranspose;
    bool zeroIsPlaceholder = true;
    void fields(FieldVisitor& v) {
        v.field(1, "firstTranspose", firstTranspose);
        v.field(2, "reshapes", reshapes);
        v.field(3, "reshape", reshape);
        v.field(4, "secondTranspose", secondTranspose);
        v.field(5, "zeroIsPlaceholder", zeroIsPlaceholder);
    }
};

}  // namespace bireme::ops
