// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "base/fields.h"
#include "tensor/dtype.h"

#include <cstdint>
#include <string>
#include <vector>

namespace bireme::ops {

// Slice whose axes or steps are data. Inputs: x, starts, ends, axes (optional), steps (optional).
struct SliceData {
    void fields(FieldVisitor& v) { (void)v; }
};

}  // namespace bireme::ops
