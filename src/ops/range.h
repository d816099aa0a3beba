// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "base/fields.h"

#include <cstdint>
#include <string>
#include <vector>

namespace bireme::ops {

// 1-D start, start+delta, ... below limit; inputs are scalars of one type (that of the output).
struct Range {
    void fields(FieldVisitor&) {}
};

}  // namespace bireme::ops
