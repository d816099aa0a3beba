// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "base/fields.h"
#include "tensor/dtype.h"

#include <cstdint>
#include <string>
#include <vector>

namespace bireme::ops {

// Determinants of the square matrices in the last two dims.
struct Determinant {
    void fields(FieldVisitor& v) { (void)v; }
};

}  // namespace bireme::ops
