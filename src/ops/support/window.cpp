// SPDX-License-Identifier: Apache-2.0
#include "ops/support/window.h"

#include "base/status.h"
#include "base/text.h"

#include <algorithm>

namespace bireme::ops {

static int64_t positiveModulo(int64_t a, int64_t b) { return (a % b + b) % b; }

static int64_t outside(int64_t i, int64_t extent, SampleMode mode) {
    switch (mode) {
        case SampleMode::kWRAP: return positiveModulo(i, extent);
        case SampleMode::kCLAMP: return std::clamp<int64_t>(i, 0, extent - 1);
        case SampleMode::kREFLECT: {
            if (extent == 1) return 0;
            int64_t period = 2 * (extent - 1), k = positiveModulo(i, period);
            return std::min(k, period - k);
        }
        default: return -1;
    }
}

std::vector<int64_t> windowIndices(int64_t extent, int64_t start, int64_t stride, int64_t count,
                                   SampleMode mode) {
    std::vector<int64_t> table;
    table.reserve(static_cast<size_t>(std::max<int64_t>(0, count)));
    for (int64_t k = 0; k < count; ++k) {
        int64_t i;
        if (__builtin_mul_overflow(k, stride, &i) || __builtin_add_overflow(start, i, &i))
            failInvalid(cat("a window from ", start, " by ", stride, " leaves the integers"));
        bool inside = i >= 0 && i < extent;
        if (!inside &&
            (mode == SampleMode::kSTRICT_BOUNDS || (extent == 0 && mode != SampleMode::kFILL)))
            failInvalid(cat("index ", i, " is outside an axis of ", extent, " elements"));
        table.push_back(inside ? i : outside(i, extent, mode));
    }
    return table;
}

}  // namespace bireme::ops
