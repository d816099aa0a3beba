// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "base/fields.h"

#include <cstdint>
#include <string>
#include <vector>

namespace bireme::ops {

// Input 0: bool scalar; the others are the inputs of both bodies (then, else), whose outputs are
// this node's.
struct If {
    void fields(FieldVisitor&) {}
};

}  // namespace bireme::ops
