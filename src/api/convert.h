// SPDX-License-Identifier: Apache-2.0
// The one place where public dims, axes and masks become internal ones, and back.
#pragma once

#include "bireme/dims.h"
#include "tensor/dim.h"

#include <cstdint>
#include <vector>

namespace bireme::api {

constexpr Dims kNoDims{-1, {}};

// Handles of an implicit-batch network hide the batch, dimension 0 (`hidden` is 1): what they are
// told of shapes, axes and masks goes through the next three, what they tell through the getters
// below.
std::vector<int64_t> behindBatch(std::vector<int64_t> dims, int hidden, int64_t batch);
inline int64_t axisBehindBatch(int64_t axis, int hidden) { return axis < 0 ? axis : axis + hidden; }
std::vector<int64_t> permutationBehindBatch(std::vector<int64_t> order, int hidden);

// Numbers as they are; throws Error naming `what` unless 0 <= nbDims <= 8.
std::vector<int64_t> toVector(const Dims& dims, const char* what);
Dims publicDims(const std::vector<int64_t>& values);  // nbDims -1 when there are more than 8
Dims publicDims(const DimVector& dims);               // -1 for what is not a number
// Without the first `hidden` of them.
Dims publicDims(const std::vector<int64_t>& values, int hidden);
Dims publicDims(const DimVector& dims, int hidden);

std::vector<int64_t> axesOfMask(uint32_t mask);  // ascending
uint32_t maskOfAxes(const std::vector<int64_t>& axes,
                    int rank);  // negative axes count from the end

std::vector<int64_t> toVector(const Permutation& permutation,
                              int rank);                       // throws unless it is one of `rank`
Permutation toPermutation(const std::vector<int64_t>& order);  // identity where shorter than 8

}  // namespace bireme::api
