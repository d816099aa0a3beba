// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <vector>

#include "parsers/onnx/node.h"

namespace bireme::onnx_import {

/// Strides, dilations and pads of a node that slides a window, one value per spatial extent.
struct Window {
    std::vector<int64_t> strides;
    std::vector<int64_t> dilations;
    std::vector<int64_t> before;
    std::vector<int64_t> after;
    PaddingMode mode = PaddingMode::kEXPLICIT_ROUND_DOWN;
};

/// Reads strides, dilations, pads, auto_pad and ceil_mode. `size`: the window's extents.
Window windowOf(Node& n, const Dims& size);

}  // namespace bireme::onnx_import
