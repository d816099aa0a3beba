// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "base/fields.h"
#include "tensor/dtype.h"

#include <cstdint>
#include <string>
#include <vector>

namespace bireme::ops {

// Convolution that samples x at learned offsets, bilinearly. Inputs: x [N,C,H,W], weights, offsets,
// bias (optional), mask (optional).
struct DeformableConvolution {
    std::vector<int64_t> dilations, pads, strides;  // pads: all begins, then all ends
    int64_t groups = 1, offsetGroups = 1;
    void fields(FieldVisitor& v) {
        v.field(1, "dilations", dilations);
        v.field(2, "pads", pads);
        v.field(3, "strides", strides);
        v.field(4, "groups", groups);
        v.field(5, "offsetGroups", offsetGroups);
    }
};

}  // namespace bireme::ops
