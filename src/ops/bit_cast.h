// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "base/fields.h"
#include "tensor/dtype.h"

#include <cstdint>
#include <string>
#include <vector>

namespace bireme::ops {

// The same bits read as another type of the same width.
struct BitCast {
    DataType to = DataType::kFLOAT;
    void fields(FieldVisitor& v) { v.field(1, "to", to); }
};

}  // namespace bireme::ops
