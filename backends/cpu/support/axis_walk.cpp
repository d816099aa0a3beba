// SPDX-License-Identifier: Apache-2.0
#include "backends/cpu/support/axis_walk.h"

#include "ir/eval.h"

namespace bireme::cpu {

AxisWalk::AxisWalk(const std::vector<int64_t>& indices, const std::vector<int64_t>& data,
                   int64_t axis) {
    const size_t rank = data.size();
    const size_t a = at(axis < 0 ? axis + static_cast<int64_t>(rank) : axis);
    const std::vector<int64_t> strides = ir::rowMajorStrides(data);
    length_ = indices[a], extent_ = data[a], step_ = strides[a];
    for (size_t d = 0; d < a; ++d) {
        outer_ *= indices[d];
        head_.push_back(indices[d]);
        headLimits_.push_back(data[d]);
        headStrides_.push_back(strides[d]);
    }
    // Behind the axis the places are the same as long as only the first extent differs.
    bool plain = true;
    for (size_t d = a + 1; d < rank; ++d) {
        inner_ *= indices[d];
        plain = plain && (indices[d] == data[d] || (d == a + 1 && indices[d] < data[d]));
    }
    if (plain) return;
    const std::vector<int64_t> tail(indices.begin() + static_cast<std::ptrdiff_t>(a) + 1,
                                    indices.end());
    std::vector<int64_t> index(tail.size(), 0);
    for (int64_t k = 0; k < inner_; ++k) {
        int64_t place = 0;
        bool inside = true;
        for (size_t d = 0; d < tail.size(); ++d) {
            inside = inside && index[d] < data[a + 1 + d];
            place += index[d] * strides[a + 1 + d];
        }
        innerTable_.push_back(inside ? place : -1);
        ir::nextIndex(index, tail);
    }
}

int64_t AxisWalk::outerAt(int64_t o) const {
    int64_t place = 0;
    for (size_t d = head_.size(); d-- > 0; o /= head_[d]) {
        const int64_t i = o % head_[d];
        if (i >= headLimits_[d]) return -1;
        place += i * headStrides_[d];
    }
    return place;
}

}  // namespace bireme::cpu
