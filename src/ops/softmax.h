// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "base/fields.h"

#include <cstdint>
#include <string>
#include <vector>

namespace bireme::ops {

// Along one axis, accumulated in at least float.
struct Softmax {
    int64_t axis = -1;
    bool log = false;  // log-softmax
    void fields(FieldVisitor& v) {
        v.field(1, "axis", axis);
        v.field(2, "log", log);
    }
};

}  // namespace bireme::ops
