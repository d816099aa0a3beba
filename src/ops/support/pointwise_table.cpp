// SPDX-License-Identifier: Apache-2.0
#include "ops/support/pointwise_table.h"

#include "base/status.h"

#include <algorithm>
#include <cmath>
#include <limits>

namespace bireme::ops {

namespace {

struct Row {
    const char* name;
    int arity;
    PointwiseResult result;
    const char* cuda;
};

constexpr Row kRows[] = {
#define PW(name, arity, result, cpp, cuda) {#name, arity, PointwiseResult::result, cuda},
#include "ops/pointwise.def"
#undef PW
};

const Row& row(PointwiseFn fn) {
    auto i = static_cast<size_t>(fn);
    if (i >= std::size(kRows)) failInvalid("unknown pointwise function");
    return kRows[i];
}

// A result of an expression as T; integers saturate, and a NaN becomes 0.
template <typename T, typename V>
T as(V v) {
    if constexpr (std::is_same_v<T, int64_t> && std::is_floating_point_v<V>) {
        if (std::isnan(v)) return 0;
        if (v >= 9223372036854775808.0) return std::numeric_limits<int64_t>::max();
        if (v <= -9223372036854775808.0) return std::numeric_limits<int64_t>::min();
    }
    return static_cast<T>(v);
}

// The remainder with the sign of b; infinite b leave an a of their sign as it is.
template <typename T>
auto flooredRemainder(T a, T b) {
    auto r = std::fmod(a, b);
    return r != 0 && (r < 0) != (b < 0) ? r + static_cast<decltype(r)>(b) : r;
}

template <typename T>
constexpr ScalarFunction<T> kFunctions[] = {
#define PW(name, arity, result, cpp, cuda)                                                     \
    []([[maybe_unused]] T a, [[maybe_unused]] T b, [[maybe_unused]] T c, [[maybe_unused]] T p, \
       [[maybe_unused]] T q) -> T { return as<T>(cpp); },
#include "ops/pointwise.def"
#undef PW
};

// Integer arithmetic wraps; a division by zero gives 0.
using I = int64_t;
I wrap(uint64_t v) { return static_cast<I>(v); }
I sum(I a, I b, I, I, I) { return wrap(static_cast<uint64_t>(a) + static_cast<uint64_t>(b)); }
I sub(I a, I b, I, I, I) { return wrap(static_cast<uint64_t>(a) - static_cast<uint64_t>(b)); }
I prod(I a, I b, I, I, I) { return wrap(static_cast<uint64_t>(a) * static_cast<uint64_t>(b)); }
I neg(I a, I, I, I, I) { return sub(0, a, 0, 0, 0); }
I abs(I a, I, I, I, I) { return a < 0 ? sub(0, a, 0, 0, 0) : a; }
I truncated(I a, I b, I, I, I) { return b == 0 ? 0 : b == -1 ? sub(0, a, 0, 0, 0) : a / b; }
I remainder(I a, I b, I, I, I) { return b == 0 || b == -1 ? 0 : a % b; }
I floored(I a, I b, I, I, I) {
    I q = truncated(a, b, 0, 0, 0), r = remainder(a, b, 0, 0, 0);
    return r != 0 && (r < 0) != (b < 0) ? q - 1 : q;
}
I modulo(I a, I b, I, I, I) {
    I r = remainder(a, b, 0, 0, 0);
    return r != 0 && (r < 0) != (b < 0) ? r + b : r;
}
// Shifts by a negative count or by all bits leave nothing but the sign.
I shiftLeft(I a, I b, I, I, I) {
    return b < 0 || b >= 64 ? 0 : static_cast<I>(static_cast<uint64_t>(a) << b);
}
I shiftRight(I a, I b, I, I, I) { return b < 0 || b >= 64 ? (a < 0 ? -1 : 0) : a >> b; }
I shiftRightUnsigned(I a, I b, I, I, I) {
    return b < 0 || b >= 64 ? 0 : static_cast<I>(static_cast<uint64_t>(a) >> b);
}
I power(I a, I b, I, I, I) {
    if (b < 0) return a == 1 ? 1 : a == -1 ? (b % 2 ? -1 : 1) : 0;
    I result = 1;
    for (; b > 0; b /= 2, a = prod(a, a, 0, 0, 0))
        if (b % 2) result = prod(result, a, 0, 0, 0);
    return result;
}

ScalarFunction<I> exactFunction(PointwiseFn fn) {
    switch (fn) {
        case PointwiseFn::sum: return sum;
        case PointwiseFn::sub: return sub;
        case PointwiseFn::prod: return prod;
        case PointwiseFn::neg: return neg;
        case PointwiseFn::abs: return abs;
        case PointwiseFn::div: return truncated;
        case PointwiseFn::fmod: return remainder;
        case PointwiseFn::floor_div: return floored;
        case PointwiseFn::mod: return modulo;
        case PointwiseFn::pow: return power;
        case PointwiseFn::shift_left: return shiftLeft;
        case PointwiseFn::shift_right: return shiftRight;
        case PointwiseFn::shift_right_unsigned: return shiftRightUnsigned;
        case PointwiseFn::recip: return [](I a, I, I, I, I) { return truncated(1, a, 0, 0, 0); };
        case PointwiseFn::ceil:
        case PointwiseFn::floor:
        case PointwiseFn::round: return [](I a, I, I, I, I) { return a; };
        default: return nullptr;
    }
}

}  // namespace

EnumNames enumNames(PointwiseFn) {
    static const EnumName names[] = {
#define PW(name, arity, result, cpp, cuda) {static_cast<int64_t>(PointwiseFn::name), #name},
#include "ops/pointwise.def"
#undef PW
    };
    return names;
}

int arity(PointwiseFn fn) { return row(fn).arity; }
PointwiseResult resultRule(PointwiseFn fn) { return row(fn).result; }
const char* name(PointwiseFn fn) { return row(fn).name; }
const char* cudaExpression(PointwiseFn fn) { return row(fn).cuda; }

template <typename T>
ScalarFunction<T> scalarFunction(PointwiseFn fn) {
    row(fn);  // checks the value
    if constexpr (std::is_same_v<T, int64_t>)
        if (auto exact = exactFunction(fn)) return exact;
    return kFunctions<T>[static_cast<size_t>(fn)];
}
template ScalarFunction<float> scalarFunction<float>(PointwiseFn);
template ScalarFunction<double> scalarFunction<double>(PointwiseFn);
template ScalarFunction<int64_t> scalarFunction<int64_t>(PointwiseFn);

template <typename T>
T applyPointwise(PointwiseFn fn, T a, T b, T c, T alpha, T beta) {
    return scalarFunction<T>(fn)(a, b, c, alpha, beta);
}
template float applyPointwise(PointwiseFn, float, float, float, float, float);
template double applyPointwise(PointwiseFn, double, double, double, double, double);
template int64_t applyPointwise(PointwiseFn, int64_t, int64_t, int64_t, int64_t, int64_t);

}  // namespace bireme::ops
