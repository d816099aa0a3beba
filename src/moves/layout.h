// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "device/kernel.h"

#include <array>
#include <cstdint>
#include <map>
#include <vector>

namespace bireme::moves {

// One copy of elements: target[sum(i * to)] = source[sum(i * from)] over `dims`; strides and
// offsets in elements.
struct Box {
    int input = 0;  // -1: the number in Layout::fillBytes, repeated
    std::vector<int64_t> dims, from, to;
    int64_t fromOffset = 0, toOffset = 0;
};

// The boxes of a move, made for one set of shapes: what a MoveOp's `lay` sees (shapes, and integer
// inputs that are known) and what it fills.
class Layout {
public:
    Layout(const std::map<int, std::vector<int64_t>>& lists, const device::Shapes& shapes)
        : lists_(lists), shapes_(shapes) {}
    const device::TensorShape& in(int i) const { return shapes_.inputs[static_cast<size_t>(i)]; }
    const device::TensorShape& out() const { return shapes_.outputs[0]; }
    // Elements of integer input i of the op (-1: absent); Error when nobody knows them while
    // binding.
    std::vector<int64_t> list(int input, const std::vector<int64_t>& attribute) const;

    void copy(int input, const std::vector<int64_t>& dims, const std::vector<int64_t>& from,
              int64_t fromOffset, const std::vector<int64_t>& to, int64_t toOffset);
    // Per output index along each dim, the input's index, or -1 for the fill element (body input
    // `fill`, or -1: fillBytes).
    void copyByTables(int input, const std::vector<std::vector<int64_t>>& tables, int fill);

    std::vector<Box> boxes;
    std::array<uint8_t, 8> fillBytes{};

private:
    const std::map<int, std::vector<int64_t>>& lists_;
    const device::Shapes& shapes_;
};

}  // namespace bireme::moves
