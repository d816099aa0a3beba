// SPDX-License-Identifier: Apache-2.0
// Attributes that an integer input may replace (axes, shapes, pads), and facts about dims.
#pragma once

#include "ir/eval.h"
#include "ir/infer.h"

#include <cstdint>
#include <vector>

namespace bireme::ops {

// Number of elements of a 1-D integer input, which must be a number; a scalar counts as one
// element.
int listLength(const ir::InferContext& c, int input, const char* what);

// Elements of integer input `input` where it is present, else the attribute. Elements nobody knows
// before the run become symbols of `range`.
DimVector listArgument(ir::InferContext& c, int input, const std::vector<int64_t>& attribute,
                       const char* what, DimRange range);

// As listArgument for lists that must be numbers at build time.
std::vector<int64_t> numberArgument(const ir::InferContext& c, int input,
                                    const std::vector<int64_t>& attribute, const char* what);

// The one element of a scalar (or one-element) integer input.
Dim scalarArgument(ir::InferContext& c, int input, const char* what, DimRange range);

// Axes as 0..rank-1, each at most once; an empty list stays empty.
std::vector<int> distinctAxes(const ir::InferContext& c, const std::vector<int64_t>& axes,
                              int rank);

// The extent of dims that must agree: a number where one is known. Error when two numbers differ.
Dim agree(const ir::InferContext& c, const Dim& a, const Dim& b, const char* what);

// True when the value hangs on an integer tensor's element, which may have any sign.
bool isUncertain(const Dim& d);

// Input `input` as numbers where present, else the attribute.
std::vector<int64_t> evalList(ir::EvalContext& c, int input, const std::vector<int64_t>& attribute);

}  // namespace bireme::ops
