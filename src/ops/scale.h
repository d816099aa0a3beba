// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "base/fields.h"
#include "ops/support/enum_names.h"

#include <cstdint>
#include <string>
#include <vector>

namespace bireme::ops {

// (x * scale + shift) ^ power; inputs x, shift, scale, power (1..3 optional, 1-D or one element).
// Lowered.
struct Scale {
    ScaleMode mode = ScaleMode::kUNIFORM;
    int64_t channelAxis = -1;  // kCHANNEL and kELEMENTWISE; -1: rank-3
    void fields(FieldVisitor& v) {
        v.field(1, "mode", mode);
        v.field(2, "channelAxis", channelAxis);
    }
};

}  // namespace bireme::ops
