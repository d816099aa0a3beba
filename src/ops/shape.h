// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "base/fields.h"

#include <cstdint>
#include <string>
#include <vector>

namespace bireme::ops {

// Extents as a 1-D int64 tensor.
struct Shape {
    void fields(FieldVisitor&) {}
};

}  // namespace bireme::ops
