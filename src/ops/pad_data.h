// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "base/fields.h"
#include "tensor/dtype.h"

#include <cstdint>
#include <string>
#include <vector>

namespace bireme::ops {

// Pad whose axes are data. Inputs: x, pads, value (optional), axes.
struct PadData {
    std::string mode = "constant";
    void fields(FieldVisitor& v) { v.field(1, "mode", mode); }
};

}  // namespace bireme::ops
