// SPDX-License-Identifier: Apache-2.0
// A list of tensors in one buffer, all numbers little-endian:
//   "BIRLIST1", count (i64),
//   per element: type (i32, DataType), rank (i32), extents (8 x i64), offset (i64), size (i64),
//   the elements' bytes, each at its offset from the start of the buffer, a multiple of 64.
// python/bireme/lists.py writes and reads the same.
#pragma once

#include "ir/eval.h"
#include "ir/infer.h"

#include <vector>

namespace bireme::ops {

// Elements that borrow the bytes of input `i`; Error when these are no list.
std::vector<ir::Tensor> readList(const ir::EvalContext& c, int i);
// Output 0 becomes the list of `elements`.
void giveList(ir::EvalContext& c, const std::vector<ir::Tensor>& elements);

// Position input `i` among `count` places, from the back if negative; `missing` when absent.
size_t listPosition(ir::EvalContext& c, int i, size_t count, size_t missing);

void requireList(const ir::InferContext& c, int i);
void requirePosition(const ir::InferContext& c, int i);  // optional: one integer
// Output 0 is a list, whose length in bytes only running tells.
void inferList(ir::InferContext& c);
// Output 0 has this type and extents, -1 for one that only running tells.
void inferPromised(ir::InferContext& c, DataType type, const std::vector<int64_t>& dims);

}  // namespace bireme::ops
