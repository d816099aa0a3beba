// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <vector>

namespace bireme::ops {

// A row-major tensor seen along one axis: element (o, i, k) lies at (o * extent + i) * inner + k.
struct AxisView {
    int64_t outer = 1, extent = 1, inner = 1;

    AxisView(const std::vector<int64_t>& dims, int64_t axis) {
        auto rank = static_cast<int64_t>(dims.size());
        if (axis < 0) axis += rank;
        for (int64_t d = 0; d < rank; ++d)
            (d < axis ? outer : d == axis ? extent : inner) *= dims[d];
    }
};

}  // namespace bireme::ops
