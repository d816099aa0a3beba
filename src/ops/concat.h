// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "base/fields.h"

#include <cstdint>
#include <string>
#include <vector>

namespace bireme::ops {

// Joins along an axis; other dims equal.
struct Concat {
    int64_t axis = 0;
    void fields(FieldVisitor& v) { v.field(1, "axis", axis); }
};

}  // namespace bireme::ops
