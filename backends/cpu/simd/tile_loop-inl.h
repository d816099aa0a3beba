// SPDX-License-Identifier: Apache-2.0
// Loops around the functions of pointwise.def, compiled once per type. Included between no
// namespaces by each source that instantiates them, per target.
#if defined(BIREME_CPU_TILE_LOOP_INL) == defined(HWY_TARGET_TOGGLE)
#ifdef BIREME_CPU_TILE_LOOP_INL
#undef BIREME_CPU_TILE_LOOP_INL
#else
#define BIREME_CPU_TILE_LOOP_INL
#endif

#include <hwy/highway.h>

#include "backends/cpu/simd/independent.h"
#include "backends/cpu/simd/tile_functions.h"
#include "ops/support/pointwise_functions.h"

HWY_BEFORE_NAMESPACE();
namespace bireme::cpu::HWY_NAMESPACE {
namespace {

using ops::PointwiseFn;

// Functions that integers come to, beside all of two operands.
constexpr bool isOfNumbers(PointwiseFn fn) {
    using F = PointwiseFn;
    return fn == F::abs || fn == F::neg || fn == F::sign || fn == F::ceil || fn == F::floor ||
           fn == F::round || fn == F::relu || fn == F::clip || fn == F::bitwise_not;
}

constexpr bool isLogical(PointwiseFn fn) {
    using F = PointwiseFn;
    return fn == F::logical_not || fn == F::logical_and || fn == F::logical_or ||
           fn == F::logical_xor;
}

struct Truth {};  // the elements of bool tensors: 0 or 1 in a byte

template <typename S>
constexpr bool takes(PointwiseFn fn, int arity) {
    if (fn == PointwiseFn::cast || fn == PointwiseFn::copy || arity == 3) return false;
    if constexpr (std::is_same_v<S, Truth>) return isLogical(fn) || fn == PointwiseFn::equal;
    if (isLogical(fn)) return false;
    return std::is_floating_point_v<S> || arity == 2 || isOfNumbers(fn);
}

// S: stored operands; computed in themselves where they are real, else in 64 bits.
template <PointwiseFn fn, int kArity, bool kBoolean, typename S>
void tileLoop(const TileArgs& t) {
    using Stored = std::conditional_t<std::is_same_v<S, Truth>, uint8_t, S>;
    using T = std::conditional_t<std::is_floating_point_v<S>, S, int64_t>;
    using R = std::conditional_t<kBoolean, uint8_t, Stored>;
    const auto* a = static_cast<const Stored*>(t.in[0]);
    const auto* b = static_cast<const Stored*>(t.in[kArity > 1 ? 1 : 0]);
    auto* out = static_cast<R*>(t.out);
    T p, q;
    if constexpr (std::is_same_v<T, int64_t>)
        p = t.intAlpha, q = t.intBeta;
    else
        p = t.alpha, q = t.beta;
    const int64_t n = t.n;
    BIREME_INDEPENDENT
    for (int64_t i = 0; i < n; ++i)
        out[i] = static_cast<R>(
            ops::PointwiseCall<fn, T>::run(static_cast<T>(a[i]), static_cast<T>(b[i]), T(0), p, q));
}

template <typename S>
void selectLoop(const TileArgs& t) {
    const auto* c = static_cast<const uint8_t*>(t.in[0]);
    const S* a = static_cast<const S*>(t.in[1]);
    const S* b = static_cast<const S*>(t.in[2]);
    S* out = static_cast<S*>(t.out);
    const int64_t n = t.n;
    BIREME_INDEPENDENT
    for (int64_t i = 0; i < n; ++i) {
        const S x = a[i], y = b[i];
        out[i] = c[i] ? x : y;
    }
}

template <PointwiseFn fn, int kArity, bool kBoolean, typename S>
constexpr TileFunction tileLoopOf() {
    if constexpr (takes<S>(fn, kArity))
        return tileLoop<fn, kArity, kBoolean, S>;
    else
        return nullptr;
}

template <typename S>
TileFunction tileLoopOf(PointwiseFn fn) {
    using Stored = std::conditional_t<std::is_same_v<S, Truth>, uint8_t, S>;
    using ops::PointwiseResult;
    if (fn == PointwiseFn::select) return selectLoop<Stored>;
    switch (fn) {
#define PW(name, arity, result, cpp, cuda)          \
    case PointwiseFn::name:                         \
        return tileLoopOf<PointwiseFn::name, arity, \
                          PointwiseResult::result == PointwiseResult::boolean, S>();
#include "ops/pointwise.def"
#undef PW
        default: return nullptr;
    }
}

}  // namespace
}  // namespace bireme::cpu::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();

#endif
