// SPDX-License-Identifier: Apache-2.0
// Windows into a tensor by their indices: per output index along each dim, the input's index, or -1
// for the fill element. Errors name the axis.
#pragma once

#include "ops/slice.h"

#include <cstdint>
#include <string>
#include <vector>

namespace bireme::moves {

using Tables = std::vector<std::vector<int64_t>>;

std::vector<int64_t> extentsOf(const Tables& tables);

// A slice by sizes or ends, as the op says; empty `axes` are the first ones.
Tables sliceTables(const ops::Slice& op, const std::vector<int64_t>& dims,
                   const std::vector<int64_t>& start, const std::vector<int64_t>& size,
                   const std::vector<int64_t>& stride, const std::vector<int64_t>& axes);
// A slice as numpy and ONNX count it: bounds are clamped.
Tables sliceTables(const std::vector<int64_t>& dims, const std::vector<int64_t>& starts,
                   const std::vector<int64_t>& ends, const std::vector<int64_t>& axes,
                   const std::vector<int64_t>& steps);
// Elements before and after each axis (all befores first; fewer where negative); modes of ONNX.
Tables padTables(const std::vector<int64_t>& dims, const std::vector<int64_t>& pads,
                 const std::vector<int64_t>& axes, const std::string& mode);

// `dims` with dims of extent 1 at `axes` of the result, or without those at `axes`.
std::vector<int64_t> dimsWith(const std::vector<int64_t>& dims, const std::vector<int64_t>& axes);
std::vector<int64_t> dimsWithout(const std::vector<int64_t>& dims,
                                 const std::vector<int64_t>& axes);

}  // namespace bireme::moves
