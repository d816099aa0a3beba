// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "base/fields.h"
#include "ops/support/enum_names.h"

#include <cstdint>
#include <string>
#include <vector>

namespace bireme::ops {

// x [N,C,H,W], grid [N,Ho,Wo,2] in -1..1 (x, y).
struct GridSample {
    InterpolationMode mode = InterpolationMode::kLINEAR;
    bool alignCorners = false;
    SampleMode outside = SampleMode::kFILL;  // kFILL zeros, kCLAMP border, kREFLECT
    void fields(FieldVisitor& v) {
        v.field(1, "mode", mode);
        v.field(2, "alignCorners", alignCorners);
        v.field(3, "outside", outside);
    }
};

}  // namespace bireme::ops
