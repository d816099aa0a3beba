// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "base/fields.h"

namespace bireme::ops {

// Inverses of the matrices in the last two dims, which are equal; a singular matrix gives
// infinities or no numbers.
struct Inverse {
    void fields(FieldVisitor&) {}
};

}  // namespace bireme::ops
