// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "ir/eval.h"
#include "ir/infer.h"

#include <vector>

namespace bireme::ops {

// Which of `rank` axes an attribute names (negative ones count from the end); Error for one outside
// or named twice.
std::vector<bool> axisSet(const ir::InferContext& c, const std::vector<int64_t>& axes, int rank);
std::vector<bool> axisSet(const std::vector<int64_t>& axes, int rank);

// Calls f(element, slot) for every element of a tensor in order; elements that differ only along
// axes in `set` share a slot. Slots are numbered row-major over the other axes.
template <typename F>
void forEachSlot(const std::vector<int64_t>& dims, const std::vector<bool>& set, F&& f) {
    std::vector<int64_t> kept = dims;
    for (size_t d = 0; d < dims.size(); ++d)
        if (set[d]) kept[d] = 1;
    std::vector<int64_t> strides = ir::broadcastStrides(kept, dims), index(dims.size(), 0);
    int64_t count = ir::elementCount(dims), inner = dims.empty() ? 1 : dims.back();
    int64_t step = dims.empty() ? 0 : strides.back();
    std::vector<int64_t> outer(dims.begin(), dims.empty() ? dims.end() : dims.end() - 1);
    for (int64_t e = 0; e < count; ir::nextIndex(index, outer)) {
        int64_t slot = 0;
        for (size_t d = 0; d < outer.size(); ++d) slot += index[d] * strides[d];
        for (int64_t k = 0; k < inner; ++k, ++e) f(e, slot + k * step);
    }
}

}  // namespace bireme::ops
