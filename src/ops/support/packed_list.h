// SPDX-License-Identifier: Apache-2.0
// A list of tensors in one buffer, all numbers little-endian:
//   "BIRLIST1", count (i64),
//   per element: type (i32, DataType), rank (i32), extents (8 x i64), offset (i64), size (i64),
//   the elements' bytes, each at its offset from the start of the buffer, a multiple of 64.
// python/bireme/lists.py writes and reads the same.
#pragma once

#include "ir/eval.h"
#include "ir/infer.h"

#include <string>
#include <vector>

namespace bireme::ops {

// An element in the head of a list; bytes from the start of the buffer.
struct ListElement {
    DataType type = DataType::kFLOAT;
    std::vector<int64_t> dims;
    size_t offset = 0, size = 0;
};
constexpr size_t kListStart = 16;  // bytes that tell how long the head is

// Bytes of the head of a list of `size` bytes, by its first kListStart bytes; why it is none.
size_t listHeadBytes(const uint8_t* start, size_t size, std::string& why);
// The elements that a whole head names; `why` is empty when all lie in the list's `size` bytes.
std::vector<ListElement> readListHead(const uint8_t* head, size_t size, std::string& why);
// Gives every element its offset and makes the head, with the bytes up to the first element.
std::vector<uint8_t> makeListHead(std::vector<ListElement>& elements, size_t& size);

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
