// SPDX-License-Identifier: Apache-2.0
// The one loop behind every kernel that only moves elements.
#pragma once

#include <cstddef>
#include <cstdint>
#include <vector>

namespace bireme::cpu {

// One axis of a copy: output index i reads input offset offsets[i] (in elements, -1: the fill
// value), or, when `offsets` is empty, i * step.
struct CopyAxis {
    int64_t count = 1;
    int64_t outStep = 0;  // elements
    int64_t step = 0;
    std::vector<int64_t> offsets;
};

// to[sum(i_d * outStep_d)] = from[sum(offset_d(i_d))] over all axes; any element of 1, 2, 4 or 8
// bytes. Axes are put in the order of the output's memory and joined where both sides walk them as
// one; transposes are done in blocks.
class TableCopy {
public:
    TableCopy() = default;
    TableCopy(std::vector<CopyAxis> axes, size_t elementSize, int64_t fromOffset = 0,
              int64_t toOffset = 0);

    // `fill` points at one element, null for zeros.
    void run(void* to, const void* from, const void* fill = nullptr) const noexcept;
    bool isMemcpy() const {
        return axes_.size() == 1 && axes_[0].offsets.empty() && axes_[0].step == 1 &&
               axes_[0].outStep == 1;
    }

private:
    void row(uint8_t* to, const uint8_t* from, const uint8_t* fill) const noexcept;
    void walk(uint8_t* to, const uint8_t* from, const uint8_t* fill, int64_t begin,
              int64_t end) const noexcept;

    std::vector<CopyAxis> axes_;  // outermost first; the last is the inner loop
    int block_ = -1;              // axis whose input step is 1 while the inner axis' is not
    size_t size_ = 4;
    int64_t fromOffset_ = 0, toOffset_ = 0, total_ = 0, outer_ = 1;
};

// A table that is an even walk becomes a step (and a first offset, returned).
int64_t simplify(CopyAxis& axis);

}  // namespace bireme::cpu
