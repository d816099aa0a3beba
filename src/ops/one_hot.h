// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "base/fields.h"

#include <cstdint>
#include <string>
#include <vector>

namespace bireme::ops {

// Inputs: indices, values [off, on], depth (scalar). A new axis of extent depth.
struct OneHot {
    int64_t axis = -1;
    void fields(FieldVisitor& v) { v.field(1, "axis", axis); }
};

}  // namespace bireme::ops
