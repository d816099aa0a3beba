// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "base/fields.h"
#include "ops/support/enum_names.h"

#include <cstdint>
#include <string>
#include <vector>

namespace bireme::ops {

// out[i] = in[start + i * stride] per axis. Inputs: x, start, size, stride, fill value, axes (1..5
// optional; an absent one is the attribute). With useEnds, `size` holds ends instead (ONNX Slice):
// clamped, negative from the end.
struct Slice {
    std::vector<int64_t> start;
    std::vector<int64_t> size;
    std::vector<int64_t> stride;  // empty: 1
    std::vector<int64_t> axes;    // empty: all
    SampleMode mode = SampleMode::kSTRICT_BOUNDS;
    bool useEnds = false;
    void fields(FieldVisitor& v) {
        v.field(1, "start", start);
        v.field(2, "size", size);
        v.field(3, "stride", stride);
        v.field(4, "axes", axes);
        v.field(5, "mode", mode);
        v.field(6, "useEnds", useEnds);
    }
};

}  // namespace bireme::ops
