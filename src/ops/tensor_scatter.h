// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "base/fields.h"
#include "tensor/dtype.h"

#include <cstdint>
#include <string>
#include <vector>

namespace bireme::ops {

// A cache with an update written into it. Inputs: cache, update, write indices [batch] (optional).
struct TensorScatter {
    int64_t axis = -2;
    bool circular = false;  // positions wrap around the end
    void fields(FieldVisitor& v) {
        v.field(1, "axis", axis);
        v.field(2, "circular", circular);
    }
};

}  // namespace bireme::ops
