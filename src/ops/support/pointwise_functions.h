// SPDX-License-Identifier: Apache-2.0
// The scalar functions of pointwise.def as inline functions, for loops that are compiled around
// them.
#pragma once

#include "ops/pointwise.h"

#include <algorithm>
#include <cmath>
#include <limits>

namespace bireme::ops {

namespace pointwise_detail {

// A result of an expression as T; integers saturate, and a NaN becomes 0.
template <typename T, typename V>
inline T as(V v) {
    if constexpr (std::is_same_v<T, int64_t> && std::is_floating_point_v<V>) {
        if (std::isnan(v)) return 0;
        if (v >= 9223372036854775808.0) return std::numeric_limits<int64_t>::max();
        if (v <= -9223372036854775808.0) return std::numeric_limits<int64_t>::min();
    }
    return static_cast<T>(v);
}

// The remainder with the sign of b; infinite b leave an a of their sign as it is.
template <typename T>
inline auto flooredRemainder(T a, T b) {
    auto r = std::fmod(a, b);
    return r != 0 && (r < 0) != (b < 0) ? r + static_cast<decltype(r)>(b) : r;
}

// Integer arithmetic wraps; a division by zero gives 0.
using I = int64_t;
inline I wrap(uint64_t v) { return static_cast<I>(v); }

// Functions that integers have an own form of.
template <typename T>
struct Exact {};

template <>
struct Exact<I> {
    static I sum(I a, I b) { return wrap(static_cast<uint64_t>(a) + static_cast<uint64_t>(b)); }
    static I sub(I a, I b) { return wrap(static_cast<uint64_t>(a) - static_cast<uint64_t>(b)); }
    static I prod(I a, I b) { return wrap(static_cast<uint64_t>(a) * static_cast<uint64_t>(b)); }
    static I neg(I a, I) { return sub(0, a); }
    static I abs(I a, I) { return a < 0 ? sub(0, a) : a; }
    static I div(I a, I b) { return b == 0 ? 0 : b == -1 ? sub(0, a) : a / b; }
    static I fmod(I a, I b) { return b == 0 || b == -1 ? 0 : a % b; }
    static I floor_div(I a, I b) {
        I q = div(a, b), r = fmod(a, b);
        return r != 0 && (r < 0) != (b < 0) ? q - 1 : q;
    }
    static I mod(I a, I b) {
        I r = fmod(a, b);
        return r != 0 && (r < 0) != (b < 0) ? r + b : r;
    }
    // Shifts by a negative count or by all bits leave nothing but the sign.
    static I shift_left(I a, I b) {
        return b < 0 || b >= 64 ? 0 : static_cast<I>(static_cast<uint64_t>(a) << b);
    }
    static I shift_right(I a, I b) { return b < 0 || b >= 64 ? (a < 0 ? -1 : 0) : a >> b; }
    static I shift_right_unsigned(I a, I b) {
        return b < 0 || b >= 64 ? 0 : static_cast<I>(static_cast<uint64_t>(a) >> b);
    }
    static I pow(I a, I b) {
        if (b < 0) return a == 1 ? 1 : a == -1 ? (b % 2 ? -1 : 1) : 0;
        I result = 1;
        for (; b > 0; b /= 2, a = prod(a, a))
            if (b % 2) result = prod(result, a);
        return result;
    }
    static I recip(I a, I) { return div(1, a); }
    static I ceil(I a, I) { return a; }
    static I floor(I a, I) { return a; }
    static I round(I a, I) { return a; }
};

}  // namespace pointwise_detail

// PointwiseCall<fn, T>::run(a, b, c, alpha, beta); T is float, double or int64_t.
template <PointwiseFn fn, typename T>
struct PointwiseCall;

#define PW(name, arity, result, cpp, cuda)                                             \
    template <typename T>                                                              \
    struct PointwiseCall<PointwiseFn::name, T> {                                       \
        static T run([[maybe_unused]] T a, [[maybe_unused]] T b, [[maybe_unused]] T c, \
                     [[maybe_unused]] T p, [[maybe_unused]] T q) {                     \
            using namespace pointwise_detail;                                          \
            if constexpr (requires { Exact<T>::name(a, b); })                          \
                return Exact<T>::name(a, b);                                           \
            else                                                                       \
                return as<T>(cpp);                                                     \
        }                                                                              \
    };
#include "ops/pointwise.def"
#undef PW

}  // namespace bireme::ops
