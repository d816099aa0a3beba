// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "base/fields.h"
#include "ops/support/enum_names.h"
#include "tensor/dtype.h"

#include <cstdint>
#include <string>
#include <vector>

namespace bireme::ops {

// Inputs: boxes [N,B,4], scores [N,B,C] (or [N,C,B] with scoresByClass), max boxes per class, iou
// threshold, score threshold. Outputs: selected [n,3] (batch, class, box), n. Data-dependent.
struct Nms {
    BoundingBoxFormat boxFormat = BoundingBoxFormat::kCORNER_PAIRS;
    int64_t topKBoxLimit = 0;  // 0: no limit
    DataType indicesType = DataType::kINT32;
    bool scoresByClass = false;  // ONNX order of scores
    void fields(FieldVisitor& v) {
        v.field(1, "boxFormat", boxFormat);
        v.field(2, "topKBoxLimit", topKBoxLimit);
        v.field(3, "indicesType", indicesType);
        v.field(4, "scoresByClass", scoresByClass);
    }
};

}  // namespace bireme::ops
