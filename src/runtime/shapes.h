// SPDX-License-Identifier: Apache-2.0
// From the inputs' extents to a variant and the values of its symbols. Errors name tensor,
// dimension, value and range.
#pragma once

#include "plan/plan.h"

#include <cstdint>
#include <vector>

namespace bireme::runtime {

// What is known of one io tensor that is an input.
struct InputState {
    std::vector<int64_t> dims;
    std::vector<int64_t> values;  // of a shape input
    bool set = false;             // dims are complete
};

struct Resolved {
    size_t variant = 0;
    Dim::Values values;  // of all input symbols
};

// Throws unless an input may have these extents in a profile.
void checkInputShape(const plan::Plan& plan, int32_t profile, int32_t io,
                     const std::vector<int64_t>& dims);

// The variant that takes these inputs, all of which are set; throws when there is none.
Resolved resolve(const plan::Plan& plan, int32_t profile, const std::vector<InputState>& inputs);

// Values of the symbols that the inputs set so far tell.
Dim::Values knownValues(const plan::Plan& plan, int32_t profile,
                        const std::vector<InputState>& inputs);

// Extents, -1 where a symbol is not known.
std::vector<int64_t> evaluate(const DimVector& dims, const Dim::Values& values);

// Element `index` of an integer or boolean tensor.
int64_t readInteger(DataType type, const void* data, int64_t index) noexcept;

}  // namespace bireme::runtime
