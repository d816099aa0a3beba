// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "base/fields.h"

#include <cstdint>
#include <string>
#include <vector>

namespace bireme::ops {

// Reverses the first lengths[b] elements of each sequence. Inputs: x, lengths.
struct ReverseSequence {
    int64_t batchAxis = 1;
    int64_t sequenceAxis = 0;
    void fields(FieldVisitor& v) {
        v.field(1, "batchAxis", batchAxis);
        v.field(2, "sequenceAxis", sequenceAxis);
    }
};

}  // namespace bireme::ops
