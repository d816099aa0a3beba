// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "base/fields.h"

#include <cstdint>
#include <string>
#include <vector>

namespace bireme::ops {

// A view without dims of extent 1. Input 1 (optional): axes. No axes at all: every 1.
struct Squeeze {
    std::vector<int64_t> axes;
    void fields(FieldVisitor& v) { v.field(1, "axes", axes); }
};

// A view with dims of extent 1 at the output's `axes`. Input 1 (optional): axes.
struct Unsqueeze {
    std::vector<int64_t> axes;
    void fields(FieldVisitor& v) { v.field(1, "axes", axes); }
};

}  // namespace bireme::ops
