// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "base/fields.h"
#include "ops/support/enum_names.h"
#include "tensor/dtype.h"

#include <cstdint>
#include <string>
#include <vector>

namespace bireme::ops {

// Outputs: values, indices. Input 1 (optional): k as a scalar. Ties keep the lower index first.
struct TopK {
    TopKOperation operation = TopKOperation::kMAX;
    int64_t k = 1;
    int64_t axis = -1;
    bool sorted = true;
    DataType indicesType = DataType::kINT32;
    void fields(FieldVisitor& v) {
        v.field(1, "operation", operation);
        v.field(2, "k", k);
        v.field(3, "axis", axis);
        v.field(4, "sorted", sorted);
        v.field(5, "indicesType", indicesType);
    }
};

}  // namespace bireme::ops
