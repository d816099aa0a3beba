// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "base/fields.h"

#include <cstdint>
#include <string>
#include <vector>

namespace bireme::ops {

// A fused node: its one body is run as one kernel. Inputs and outputs are the body's.
struct Group {
    void fields(FieldVisitor&) {}
};

}  // namespace bireme::ops
