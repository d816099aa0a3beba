// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "base/fields.h"
#include "tensor/dtype.h"

#include <cstdint>
#include <string>
#include <vector>

namespace bireme::ops {

// Dims of extent 1 put in or taken out at places that are data. Inputs: x, axes.
struct AxesData {
    bool insert = true;
    void fields(FieldVisitor& v) { v.field(1, "insert", insert); }
};

}  // namespace bireme::ops
