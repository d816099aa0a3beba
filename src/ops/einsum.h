// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "base/fields.h"

#include <cstdint>
#include <string>
#include <vector>

namespace bireme::ops {

// Einstein summation over any number of inputs.
struct Einsum {
    std::string equation;
    void fields(FieldVisitor& v) { v.field(1, "equation", equation); }
};

}  // namespace bireme::ops
