// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "base/fields.h"

#include <cstdint>
#include <string>
#include <vector>

namespace bireme::ops {

// ONNX DepthToSpace on [N,C,H,W].
struct DepthToSpace {
    int64_t blockSize = 1;
    std::string mode = "DCR";  // DCR or CRD
    void fields(FieldVisitor& v) {
        v.field(1, "blockSize", blockSize);
        v.field(2, "mode", mode);
    }
};

// ONNX SpaceToDepth on [N,C,H,W].
struct SpaceToDepth {
    int64_t blockSize = 1;
    void fields(FieldVisitor& v) { v.field(1, "blockSize", blockSize); }
};

}  // namespace bireme::ops
