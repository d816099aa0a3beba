// SPDX-License-Identifier: Apache-2.0
// Device functions for products of a warpgroup, whose instructions name every register.
#pragma once

#include <string>

namespace bireme::cuda {

// void NAME(float (&sum)[columns / 2], u64 a, u64 b, int more): 64 rows, a depth of 16, both
// operands in shared memory as cu/bulk.cuh describes them; `more` false: sums begin at zero.
std::string productText(const char* name, int columns, bool bfloat);
// The same with rows in registers, const u32 (&a)[4], and the other operand row by row of the
// depth.
std::string mixText(const char* name, int columns, bool bfloat);

}  // namespace bireme::cuda
