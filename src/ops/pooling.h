// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "base/fields.h"
#include "ops/support/enum_names.h"

#include <cstdint>
#include <string>
#include <vector>

namespace bireme::ops {

// Input [N,C,spatial...]; max pads with minus infinity, average with zero.
struct Pooling {
    PoolingType type = PoolingType::kMAX;
    std::vector<int64_t> window;  // empty: the whole of every spatial dim (global pooling)
    std::vector<int64_t> stride;  // empty: 1
    std::vector<int64_t> prePadding;
    std::vector<int64_t> postPadding;
    std::vector<int64_t> dilation;
    PaddingMode paddingMode = PaddingMode::kEXPLICIT_ROUND_DOWN;
    float blend = 0;             // (1-blend)*max + blend*average
    bool excludePadding = true;  // average over the window's part inside the input
    bool indices = false;        // second output: flat int64 index of the maximum (ONNX MaxPool)
    void fields(FieldVisitor& v) {
        v.field(1, "type", type);
        v.field(2, "window", window);
        v.field(3, "stride", stride);
        v.field(4, "prePadding", prePadding);
        v.field(5, "postPadding", postPadding);
        v.field(6, "dilation", dilation);
        v.field(7, "paddingMode", paddingMode);
        v.field(8, "blend", blend);
        v.field(9, "excludePadding", excludePadding);
        v.field(10, "indices", indices);
    }
};

}  // namespace bireme::ops
