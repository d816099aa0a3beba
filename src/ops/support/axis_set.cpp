// SPDX-License-Identifier: Apache-2.0
#include "ops/support/axis_set.h"

namespace bireme::ops {

std::vector<bool> axisSet(const ir::InferContext& c, const std::vector<int64_t>& axes, int rank) {
    std::vector<bool> set(static_cast<size_t>(rank));
    for (int64_t a : axes) {
        auto i = static_cast<size_t>(c.axis(a, rank));
        c.require(!set[i], "axis ", a, " is named twice");
        set[i] = true;
    }
    return set;
}

std::vector<bool> axisSet(const std::vector<int64_t>& axes, int rank) {
    std::vector<bool> set(static_cast<size_t>(rank));
    for (int64_t a : axes) set[static_cast<size_t>(a < 0 ? a + rank : a)] = true;
    return set;
}

}  // namespace bireme::ops
