// SPDX-License-Identifier: Apache-2.0
#include "backends/cuda/support/walk.h"

#include <algorithm>

namespace bireme::cuda {

FastDiv fastDiv(int64_t divisor) {
    auto d = static_cast<uint64_t>(std::max<int64_t>(divisor, 1));
    FastDiv f;
    f.divisor = static_cast<uint32_t>(d);
    f.shift = 0;
    while ((uint64_t{1} << f.shift) < d) ++f.shift;
    f.multiplier =
        static_cast<uint32_t>((uint64_t{1} << 32) * ((uint64_t{1} << f.shift) - d) / d + 1);
    return f;
}

int64_t vectorWidth(const Walk& w, int64_t most) {
    size_t last = w.dims.size() - 1;
    for (const auto& s : w.strides)
        if (s[last] != 0 && s[last] != 1) return 1;
    int64_t v = most;
    auto divides = [&](int64_t n) {
        while (v > 1 && n % v != 0) v /= 2;
    };
    divides(w.dims[last]);
    for (const auto& s : w.strides)
        for (size_t d = 0; d < last; ++d)
            if (s[last] == 1) divides(s[d]);
    return v;
}

}  // namespace bireme::cuda
