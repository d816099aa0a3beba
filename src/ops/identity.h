// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "base/fields.h"

#include <cstdint>
#include <string>
#include <vector>

namespace bireme::ops {

// A copy.
struct Identity {
    void fields(FieldVisitor&) {}
};

}  // namespace bireme::ops
