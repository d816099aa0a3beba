// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "base/fields.h"

#include <cstdint>
#include <string>
#include <vector>

namespace bireme::ops {

// Output dim i is input dim permutation[i].
struct Transpose {
    std::vector<int64_t> permutation;  // empty: reversed
    void fields(FieldVisitor& v) { v.field(1, "permutation", permutation); }
};

}  // namespace bireme::ops
