// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "ops/resize.h"

#include <cstdint>
#include <vector>

namespace bireme::ops {

// What one output coordinate reads along one axis: source indices (inside the axis) and their
// weights.
struct Taps {
    int count = 1;
    int64_t index[4] = {};
    float weight[4] = {};
};

// Taps of all `out` coordinates of an axis of `in` elements; `scale` is out per in. kNEAREST has
// one tap of weight 1.
std::vector<Taps> resizeTaps(const Resize& op, int64_t in, int64_t out, float scale);

}  // namespace bireme::ops
