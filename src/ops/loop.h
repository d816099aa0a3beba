// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "base/fields.h"

#include <cstdint>

namespace bireme::ops {

// Runs its body until the number of turns is reached or its condition fails. Inputs: number of
// turns (optional), condition (optional), carried values, then what the body reads of outside.
// Body: turn (i64), condition, carried values, outside -> condition, carried values, values to be
// stacked. Outputs: carried values after the last turn, stacked values.
struct Loop {
    int64_t carried = 0;
    void fields(FieldVisitor& v) { v.field(1, "carried", carried); }
};

}  // namespace bireme::ops
