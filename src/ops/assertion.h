// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "base/fields.h"

#include <cstdint>
#include <string>
#include <vector>

namespace bireme::ops {

// Fails with `message` when the condition (bool, any shape) holds a false. No outputs.
struct Assertion {
    std::string message;
    void fields(FieldVisitor& v) { v.field(1, "message", message); }
};

}  // namespace bireme::ops
