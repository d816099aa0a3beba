// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "base/fields.h"

#include <cstdint>
#include <string>
#include <vector>

namespace bireme::ops {

// Upper or lower triangle of the last two dims; input 1 (optional): diagonal k.
struct Trilu {
    bool upper = true;
    void fields(FieldVisitor& v) { v.field(1, "upper", upper); }
};

}  // namespace bireme::ops
