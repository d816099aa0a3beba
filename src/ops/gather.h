// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "base/fields.h"
#include "ops/support/enum_names.h"

#include <cstdint>
#include <string>
#include <vector>

namespace bireme::ops {

// Indices int32 or int64, negative ones count from the end.
struct Gather {
    int64_t axis = 0;
    GatherMode mode = GatherMode::kDEFAULT;
    int64_t elementWiseDims = 0;  // leading dims shared by data and indices
    void fields(FieldVisitor& v) {
        v.field(1, "axis", axis);
        v.field(2, "mode", mode);
        v.field(3, "elementWiseDims", elementWiseDims);
    }
};

}  // namespace bireme::ops
