// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "base/fields.h"
#include "ops/support/enum_names.h"

#include <cstdint>
#include <string>
#include <vector>

namespace bireme::ops {

// Leading dims broadcast 1-or-n; the last two (one for kVECTOR) are the matrix.
struct MatrixMultiply {
    MatrixOperation opA = MatrixOperation::kNONE;
    MatrixOperation opB = MatrixOperation::kNONE;
    void fields(FieldVisitor& v) {
        v.field(1, "opA", opA);
        v.field(2, "opB", opB);
    }
};

}  // namespace bireme::ops
