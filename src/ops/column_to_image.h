// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "base/fields.h"
#include "tensor/dtype.h"

#include <cstdint>
#include <string>
#include <vector>

namespace bireme::ops {

// Sums of blocks put back where they came from. Inputs: x [N,C*block,L], image shape, block shape.
struct ColumnToImage {
    std::vector<int64_t> dilations, pads, strides;  // pads: all begins, then all ends
    void fields(FieldVisitor& v) {
        v.field(1, "dilations", dilations);
        v.field(2, "pads", pads);
        v.field(3, "strides", strides);
    }
};

}  // namespace bireme::ops
