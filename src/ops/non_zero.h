// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "base/fields.h"
#include "tensor/dtype.h"

#include <cstdint>
#include <string>
#include <vector>

namespace bireme::ops {

// Output [rank, n]: indices of non-zero elements as columns, lexicographic. Data-dependent.
struct NonZero {
    DataType indicesType = DataType::kINT32;
    void fields(FieldVisitor& v) { v.field(1, "indicesType", indicesType); }
};

}  // namespace bireme::ops
