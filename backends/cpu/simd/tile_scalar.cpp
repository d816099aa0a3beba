// SPDX-License-Identifier: Apache-2.0
// Loops over the reference's scalar functions, for integers, doubles and rare functions.
#include "backends/cpu/simd/tile_functions.h"
#include "ops/support/pointwise_table.h"
#include "tensor/dtype.h"

namespace bireme::cpu {

using ops::PointwiseFn;

namespace {

// S: stored operands, T: computed, R: stored result.
template <typename S, typename T, typename R>
void loop(const TileArgs& t) {
    auto fn = reinterpret_cast<ops::ScalarFunction<T>>(const_cast<void*>(t.scalar));
    const S* a = static_cast<const S*>(t.in[0]);
    const S* b = static_cast<const S*>(t.in[1] ? t.in[1] : t.in[0]);
    R* out = static_cast<R*>(t.out);
    T p, q;
    if constexpr (std::is_same_v<T, int64_t>)
        p = t.intAlpha, q = t.intBeta;
    else
        p = t.alpha, q = t.beta;
    for (int64_t i = 0; i < t.n; ++i)
        out[i] = static_cast<R>(fn(static_cast<T>(a[i]), static_cast<T>(b[i]), T(0), p, q));
}

template <typename S>
void select(const TileArgs& t) {
    const uint8_t* c = static_cast<const uint8_t*>(t.in[0]);
    const S* a = static_cast<const S*>(t.in[1]);
    const S* b = static_cast<const S*>(t.in[2]);
    S* out = static_cast<S*>(t.out);
    for (int64_t i = 0; i < t.n; ++i) out[i] = c[i] ? a[i] : b[i];
}

template <typename T>
const void* address(PointwiseFn fn) {
    return reinterpret_cast<const void*>(ops::scalarFunction<T>(fn));
}

template <typename S, typename T>
TileChoice scalarLoop(PointwiseFn fn, int cost) {
    if (fn == PointwiseFn::select) return {select<S>, nullptr, 1};
    bool boolean = ops::resultRule(fn) == ops::PointwiseResult::boolean;
    return {boolean ? loop<S, T, uint8_t> : loop<S, T, S>, address<T>(fn), cost};
}

}  // namespace

int functionCost(PointwiseFn fn) {
    switch (fn) {
        case PointwiseFn::exp:
        case PointwiseFn::sigmoid:
        case PointwiseFn::swish: return 8;
        case PointwiseFn::log:
        case PointwiseFn::tanh:
        case PointwiseFn::erf:
        case PointwiseFn::elu:
        case PointwiseFn::selu:
        case PointwiseFn::softplus:
        case PointwiseFn::scaled_tanh:
        case PointwiseFn::gelu_erf:
        case PointwiseFn::gelu_tanh:
        case PointwiseFn::mish: return 12;
        case PointwiseFn::sqrt:
        case PointwiseFn::recip:
        case PointwiseFn::div:
        case PointwiseFn::softsign: return 3;
        default: return 1;
    }
}

TileChoice tileFunction(PointwiseFn fn, DataType type) {
    switch (type) {
        case DataType::kFLOAT:
            if (TileFunction f = vectorFunction(fn)) return {f, nullptr, functionCost(fn)};
            return scalarLoop<float, float>(fn, 32);
        case DataType::kDOUBLE: return scalarLoop<double, double>(fn, 32);
        case DataType::kINT64: return scalarLoop<int64_t, int64_t>(fn, 16);
        case DataType::kINT32: return scalarLoop<int32_t, int64_t>(fn, 16);
        case DataType::kBOOL: return scalarLoop<uint8_t, int64_t>(fn, 16);
        default: return {};
    }
}

}  // namespace bireme::cpu
