// SPDX-License-Identifier: Apache-2.0
// The one place where public dims, axes and masks become internal ones, and back.
#pragma once

#include "bireme/dims.h"
#include "tensor/dim.h"

#include <cstdint>
#include <vector>

namespace bireme::api {

constexpr Dims kNoDims{-1, {}};

// Numbers as they are; throws Error naming `what` unless 0 <= nbDims <= 8.
std::vector<int64_t> toVector(const Dims& dims, const char* what);
Dims publicDims(const std::vector<int64_t>& values);  // nbDims -1 when there are more than 8
Dims publicDims(const DimVector& dims);               // -1 for what is not a number

std::vector<int64_t> axesOfMask(uint32_t mask);  // ascending
uint32_t maskOfAxes(const std::vector<int64_t>& axes,
                    int rank);  // negative axes count from the end

std::vector<int64_t> toVector(const Permutation& permutation,
                              int rank);                       // throws unless it is one of `rank`
Permutation toPermutation(const std::vector<int64_t>& order);  // identity where shorter than 8

}  // namespace bireme::api
