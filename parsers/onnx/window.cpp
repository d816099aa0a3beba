// SPDX-License-Identifier: Apache-2.0
#include "parsers/onnx/window.h"

namespace bireme::onnx_import {

namespace {

std::vector<int64_t> perExtent(Node& n, const char* name, size_t count, int64_t missing,
                               int64_t least) {
    std::vector<int64_t> out = n.integers(name);
    if (out.empty()) out.assign(count, missing);
    if (out.size() != count)
        n.refuse(std::string(name) + " has " + std::to_string(out.size()) + " values, " +
                     std::to_string(count) + " were expected",
                 ErrorCode::kINVALID_NODE);
    for (const int64_t v : out)
        if (v < least)
            n.refuse(std::string(name) + " contains " + std::to_string(v),
                     ErrorCode::kINVALID_NODE);
    return out;
}

}  // namespace

Window windowOf(Node& n, const Dims& size) {
    const auto count = static_cast<size_t>(size.nbDims);
    Window w;
    w.strides = perExtent(n, "strides", count, 1, 1);
    w.dilations = perExtent(n, "dilations", count, 1, 1);
    w.before.assign(count, 0);
    w.after.assign(count, 0);
    const std::string automatic = n.text("auto_pad", "NOTSET");
    if (automatic == "SAME_UPPER") {
        w.mode = PaddingMode::kSAME_UPPER;
    } else if (automatic == "SAME_LOWER") {
        w.mode = PaddingMode::kSAME_LOWER;
    } else if (automatic == "NOTSET" || automatic.empty()) {
        const std::vector<int64_t> pads = perExtent(n, "pads", 2 * count, 0, -(int64_t{1} << 31));
        for (size_t i = 0; i < count; ++i) {
            w.before[i] = pads[i];
            w.after[i] = pads[i + count];
        }
        if (n.integer("ceil_mode", 0) != 0) w.mode = PaddingMode::kEXPLICIT_ROUND_UP;
    } else if (automatic == "VALID") {
        if (n.integer("ceil_mode", 0) != 0) w.mode = PaddingMode::kEXPLICIT_ROUND_UP;
    } else {
        n.refuse("auto_pad \"" + automatic + "\" is unknown", ErrorCode::kUNSUPPORTED_NODE_ATTR);
    }
    return w;
}

}  // namespace bireme::onnx_import
