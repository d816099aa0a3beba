// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "base/fields.h"
#include "ops/support/enum_names.h"

#include <cstdint>
#include <string>
#include <vector>

namespace bireme::ops {

// Running sum or product. Input 1: axis (scalar int tensor).
struct Cumulative {
    CumulativeOperation operation = CumulativeOperation::kSUM;
    bool exclusive = false;
    bool reverse = false;
    bool product = false;
    void fields(FieldVisitor& v) {
        v.field(1, "operation", operation);
        v.field(2, "exclusive", exclusive);
        v.field(3, "reverse", reverse);
        v.field(4, "product", product);
    }
};

}  // namespace bireme::ops
