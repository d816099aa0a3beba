// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "base/fields.h"

#include <cstdint>
#include <string>
#include <vector>

namespace bireme::ops {

// Numpy-style broadcast to input 1 (int tensor), both ways.
struct Expand {
    void fields(FieldVisitor&) {}
};

}  // namespace bireme::ops
