// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "base/fields.h"

#include <cstdint>
#include <vector>

namespace bireme::ops {

// Runs its body once for every slice. Inputs: states, sequences, then what the body reads of
// outside. Body: states, slices, outside -> states, values to be stacked. Outputs: states after the
// last slice, stacked values.
struct Scan {
    int64_t states = 0, sequences = 1;
    std::vector<int64_t> inputAxes, outputAxes;          // empty: all 0
    std::vector<int64_t> inputBackward, outputBackward;  // 1: from the end; empty: none
    void fields(FieldVisitor& v) {
        v.field(1, "states", states);
        v.field(2, "sequences", sequences);
        v.field(3, "inputAxes", inputAxes);
        v.field(4, "outputAxes", outputAxes);
        v.field(5, "inputBackward", inputBackward);
        v.field(6, "outputBackward", outputBackward);
    }
};

}  // namespace bireme::ops
