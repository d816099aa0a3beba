// SPDX-License-Identifier: Apache-2.0
// Nested loops over several tensors at once, as kernels take them.
#pragma once

#include "tensor/format.h"

#include <cstddef>
#include <cstdint>
#include <vector>

namespace bireme {

int64_t product(const std::vector<int64_t>& dims);

// Extents outermost first, and each operand's step per loop in elements.
struct Walk {
    std::vector<int64_t> dims;
    std::vector<std::vector<int64_t>> strides;  // [operand][loop]
    int64_t count() const { return product(dims); }
};

// Loops in the memory order of operand `leader`, without extents of 1, and with neighbours made one
// where every operand walks them as one. At least one loop remains.
Walk collapse(const std::vector<int64_t>& dims, const std::vector<std::vector<int64_t>>& strides,
              size_t leader);

// Steps of a tensor walked as if broadcast to `to`: 0 where it repeats; missing leading dims
// allowed.
std::vector<int64_t> broadcastSteps(const std::vector<int64_t>& dims, const Format& format,
                                    const std::vector<int64_t>& to);

}  // namespace bireme
