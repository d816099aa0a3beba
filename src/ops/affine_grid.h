// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "base/fields.h"
#include "tensor/dtype.h"

#include <cstdint>
#include <string>
#include <vector>

namespace bireme::ops {

// Sampling grid of affine maps. Inputs: theta [N,2,3] or [N,3,4], size [N,C,(D,)H,W].
struct AffineGrid {
    bool alignCorners = false;
    void fields(FieldVisitor& v) { v.field(1, "alignCorners", alignCorners); }
};

}  // namespace bireme::ops
