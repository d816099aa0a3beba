// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "base/fields.h"
#include "ops/support/enum_names.h"

namespace bireme::ops {

// A reduction whose axes are data. Inputs: x, axes (1-D integers of known length, distinct).
struct ReduceAxes {
    ReduceOperation operation = ReduceOperation::kSUM;
    bool keepDims = true;
    bool noneIsAll = true;  // an empty list of axes means all of them, else none
    void fields(FieldVisitor& v) {
        v.field(1, "operation", operation);
        v.field(2, "keepDims", keepDims);
        v.field(3, "noneIsAll", noneIsAll);
    }
};

}  // namespace bireme::ops
