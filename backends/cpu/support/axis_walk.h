// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <cstdint>
#include <vector>

namespace bireme::cpu {

// Elements of an index tensor against those of the data they pick along one axis, both row-major:
// element (o, i, k) of the indices names place outerAt(o) + index * step() + innerAt(k) of the
// data.
class AxisWalk {
public:
    AxisWalk(const std::vector<int64_t>& indices, const std::vector<int64_t>& data, int64_t axis);

    int64_t outer() const { return outer_; }
    int64_t length() const { return length_; }  // of the axis in the indices
    int64_t inner() const { return inner_; }
    int64_t extent() const { return extent_; }  // of the axis in the data
    int64_t step() const { return step_; }
    // -1: outside of the data.
    int64_t outerAt(int64_t o) const;
    int64_t innerAt(int64_t k) const { return innerTable_.empty() ? k : innerTable_[at(k)]; }
    bool plainInner() const { return innerTable_.empty(); }

private:
    static size_t at(int64_t i) { return static_cast<size_t>(i); }
    int64_t outer_ = 1, length_ = 1, inner_ = 1, extent_ = 1, step_ = 1;
    std::vector<int64_t> head_, headLimits_, headStrides_;
    std::vector<int64_t> innerTable_;  // empty: place k is k
};

}  // namespace bireme::cpu
