// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "tensor/format.h"

#include <cstdint>
#include <vector>

namespace bireme::cpu {

// Nested loops over several operands at once: extents outermost first, and each operand's step per
// loop in elements.
struct Iteration {
    std::vector<int64_t> dims;
    std::vector<std::vector<int64_t>> strides;  // [operand][loop]
    int64_t count() const;
};

// Loops in the memory order of operand `leader`, without extents of 1, and with neighbours made one
// where every operand walks them as one. At least one loop remains.
Iteration collapse(const std::vector<int64_t>& dims,
                   const std::vector<std::vector<int64_t>>& strides, size_t leader);

// Strides of a tensor walked as if broadcast to `to`: 0 where it repeats; missing leading dims
// allowed.
std::vector<int64_t> broadcastSteps(const std::vector<int64_t>& dims, const Format& format,
                                    const std::vector<int64_t>& to);

}  // namespace bireme::cpu
