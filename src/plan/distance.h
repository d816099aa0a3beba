// SPDX-License-Identifier: Apache-2.0
// How far shapes are from each other, for the choice among steps that were timed at several.
#pragma once

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <cstdint>
#include <vector>

namespace bireme::plan {

// Euclidean, of logarithms: 8 is as far from 4 as from 16. Of equally many extents.
inline double distance(const std::vector<int64_t>& a, const std::vector<int64_t>& b) {
    double sum = 0;
    for (size_t i = 0; i < a.size() && i < b.size(); ++i) {
        const double d = std::log(static_cast<double>(std::max<int64_t>(a[i], 1))) -
                         std::log(static_cast<double>(std::max<int64_t>(b[i], 1)));
        sum += d * d;
    }
    return std::sqrt(sum);
}

}  // namespace bireme::plan
