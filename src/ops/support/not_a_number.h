// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cmath>
#include <type_traits>

namespace bireme::ops {

// For elements of any type: integers never are.
template <typename T>
bool isNan(T x) {
    if constexpr (std::is_floating_point_v<T>)
        return std::isnan(x);
    else
        return false;
}

}  // namespace bireme::ops
