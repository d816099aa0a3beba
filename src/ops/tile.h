// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "base/fields.h"

#include <cstdint>
#include <string>
#include <vector>

namespace bireme::ops {

// Repeats; input 1 (int tensor): how often per dim.
struct Tile {
    void fields(FieldVisitor&) {}
};

}  // namespace bireme::ops
