// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "base/fields.h"

#include <cstdint>
#include <string>
#include <vector>

namespace bireme::ops {

// No inputs; the bytes are its output value's. The public constant layer.
struct Constant {
    void fields(FieldVisitor&) {}
};

}  // namespace bireme::ops
