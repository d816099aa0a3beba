// SPDX-License-Identifier: Apache-2.0
// Vector loops of the float functions, one set per instruction set.
#include "backends/cpu/simd/targets.h"

#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "backends/cpu/simd/tile_functions.cpp"
#include <hwy/foreach_target.h>
// The order matters: foreach_target.h before highway.h.
#include "backends/cpu/simd/math-inl.h"
#include "backends/cpu/simd/tile_functions.h"

#include <cmath>
#include <cstring>

HWY_BEFORE_NAMESPACE();
namespace bireme::cpu::HWY_NAMESPACE {

// The last, partial vector goes through a copy: buffers are not read or written past their ends.
template <int kArity, class F>
HWY_INLINE void loop(const TileArgs& t, F f) {
    const DF d;
    const auto lanes = static_cast<int64_t>(hn::Lanes(d));
    const float* a = static_cast<const float*>(t.in[0]);
    const float* b = static_cast<const float*>(t.in[kArity > 1 ? 1 : 0]);
    float* out = static_cast<float*>(t.out);
    int64_t i = 0;
    for (; i + lanes <= t.n; i += lanes)
        hn::StoreU(f(hn::LoadU(d, a + i), hn::LoadU(d, b + i)), d, out + i);
    if (i == t.n) return;
    HWY_ALIGN float x[HWY_MAX_BYTES / sizeof(float)] = {}, y[HWY_MAX_BYTES / sizeof(float)] = {};
    const auto rest = static_cast<size_t>(t.n - i) * sizeof(float);
    std::memcpy(x, a + i, rest);
    std::memcpy(y, b + i, rest);
    hn::Store(f(hn::Load(d, x), hn::Load(d, y)), d, x);
    std::memcpy(out + i, x, rest);
}

// FUNCTION(name, arity, expression of x, y and the parameters p, q)
#define FUNCTION(name, arity, ...)                                                         \
    void name(const TileArgs& t) {                                                         \
        [[maybe_unused]] const VF p = num(t.alpha), q = num(t.beta), zero = num(0.f);      \
        [[maybe_unused]] const VF one = num(1.f);                                          \
        loop<arity>(t, [=](VF x, [[maybe_unused]] VF y) HWY_ATTR { return __VA_ARGS__; }); \
    }

FUNCTION(fnExp, 1, expOf(x))
FUNCTION(fnLog, 1, logOf(x))
FUNCTION(fnSqrt, 1, hn::Sqrt(x))
FUNCTION(fnRecip, 1, hn::Div(one, x))
FUNCTION(fnAbs, 1, hn::Abs(x))
FUNCTION(fnNeg, 1, hn::Neg(x))
FUNCTION(fnCeil, 1, hn::Ceil(x))
FUNCTION(fnFloor, 1, hn::Floor(x))
FUNCTION(fnRound, 1, hn::Round(x))
FUNCTION(fnErf, 1, erfOf(x))
FUNCTION(fnRelu, 1, hn::Max(zero, x))
FUNCTION(fnSigmoid, 1, sigmoidOf(x))
FUNCTION(fnTanh, 1, tanhOf(x))
FUNCTION(fnLeaky, 1, hn::IfThenElse(hn::Lt(x, zero), hn::Mul(p, x), x))
FUNCTION(fnElu, 1,
         hn::IfThenElse(hn::Lt(x, zero), hn::Mul(p, hn::Expm1(DF(), hn::Min(x, zero))), x))
FUNCTION(fnSelu, 1, hn::Mul(q, hn::IfThenElse(hn::Gt(x, zero), x, hn::MulSub(p, expOf(x), p))))
FUNCTION(fnSoftsign, 1, hn::Div(x, hn::Add(one, hn::Abs(x))))
FUNCTION(fnSoftplus, 1,
         hn::Mul(p, hn::Add(hn::Max(zero, hn::Mul(q, x)),
                            hn::Log1p(DF(), expOf(hn::Neg(hn::Abs(hn::Mul(q, x))))))))
FUNCTION(fnClip, 1, hn::Min(q, hn::Max(p, x)))
FUNCTION(fnHardSigmoid, 1, hn::Max(zero, hn::Min(one, hn::MulAdd(p, x, q))))
FUNCTION(fnScaledTanh, 1, hn::Mul(p, tanhOf(hn::Mul(q, x))))
FUNCTION(fnThresholded, 1, hn::IfThenElseZero(hn::Gt(x, p), x))
FUNCTION(fnGeluErf, 1,
         hn::Mul(hn::Mul(num(0.5f), x), hn::Add(one, erfOf(hn::Mul(x, num(0.70710678f))))))
FUNCTION(fnGeluTanh, 1,
         hn::Mul(hn::Mul(num(0.5f), x),
                 hn::Add(one, tanhOf(hn::Mul(num(0.79788456f),
                                             hn::MulAdd(hn::Mul(num(0.044715f), hn::Mul(x, x)), x,
                                                        x))))))
FUNCTION(fnHardSwish, 1,
         hn::Mul(x, hn::Max(zero, hn::Min(one, hn::MulAdd(x, num(1.f / 6), num(0.5f))))))
FUNCTION(fnSwish, 1, hn::Mul(x, sigmoidOf(hn::Mul(p, x))))
FUNCTION(fnSum, 2, hn::Add(x, y))
FUNCTION(fnProd, 2, hn::Mul(x, y))
FUNCTION(fnSub, 2, hn::Sub(x, y))
FUNCTION(fnDiv, 2, hn::Div(x, y))
FUNCTION(fnMax, 2, hn::IfThenElse(hn::IsNaN(x), x, hn::IfThenElse(hn::Gt(x, y), x, y)))
FUNCTION(fnMin, 2, hn::IfThenElse(hn::IsNaN(x), x, hn::IfThenElse(hn::Lt(x, y), x, y)))
FUNCTION(fnPrelu, 2, hn::IfThenElse(hn::Lt(x, zero), hn::Mul(y, x), x))

// A library function lane by lane, for the rare vector outside of the range of the vector code.
template <class D, class F>
HWY_INLINE hn::Vec<D> eachLane(D d, hn::Vec<D> x, F f) {
    HWY_ALIGN hn::TFromD<D> lanes[HWY_MAX_BYTES / sizeof(hn::TFromD<D>)];
    hn::Store(x, d, lanes);
    for (size_t i = 0; i < hn::Lanes(d); ++i) lanes[i] = f(lanes[i]);
    return hn::Load(d, lanes);
}

template <class D>
HWY_INLINE bool within(D d, hn::Vec<D> x, double limit) {
    return hn::AllTrue(d, hn::Lt(hn::Abs(x), hn::Set(d, static_cast<hn::TFromD<D>>(limit))));
}

constexpr double kTurns = 30000;  // radians up to which the vector code is exact

FUNCTION(fnSin, 1, within(DF(), x, kTurns) ? hn::Sin(DF(), x) : eachLane(DF(), x, [](float v) {
             return std::sin(v);
         }))
FUNCTION(fnCos, 1, within(DF(), x, kTurns) ? hn::Cos(DF(), x) : eachLane(DF(), x, [](float v) {
             return std::cos(v);
         }))
FUNCTION(fnAsin, 1, hn::IfThenElse(hn::Le(hn::Abs(x), one), hn::Asin(DF(), x), hn::NaN(DF())))
FUNCTION(fnAcos, 1, hn::IfThenElse(hn::Le(hn::Abs(x), one), hn::Acos(DF(), x), hn::NaN(DF())))
FUNCTION(fnAtan, 1, hn::IfThenElse(hn::IsNaN(x), x, hn::Atan(DF(), x)))

void fnMish(const TileArgs& t) {
    // tanh(log(1 + e)) = (e^2 + 2e) / (e^2 + 2e + 2)
    loop<1>(t, [](VF x, VF) HWY_ATTR {
        const VF e = expOf(hn::Min(x, num(20.f)));
        const VF n = hn::Mul(e, hn::Add(e, num(2.f)));
        return hn::Mul(x, hn::Div(n, hn::Add(n, num(2.f))));
    });
}

// The same for doubles: functions whose loops over the library's are slow.
using DD = hn::ScalableTag<double>;
using VD = hn::Vec<DD>;

template <class F>
HWY_INLINE void loopDouble(const TileArgs& t, F f) {
    const DD d;
    const auto lanes = static_cast<int64_t>(hn::Lanes(d));
    const auto* x = static_cast<const double*>(t.in[0]);
    auto* out = static_cast<double*>(t.out);
    int64_t i = 0;
    for (; i + lanes <= t.n; i += lanes) hn::StoreU(f(hn::LoadU(d, x + i)), d, out + i);
    if (i == t.n) return;
    HWY_ALIGN double rest[HWY_MAX_BYTES / sizeof(double)] = {};
    const auto bytes = static_cast<size_t>(t.n - i) * sizeof(double);
    std::memcpy(rest, x + i, bytes);
    hn::Store(f(hn::Load(d, rest)), d, rest);
    std::memcpy(out + i, rest, bytes);
}

void doubleExp(const TileArgs& t) {
    loopDouble(t, [](VD x) HWY_ATTR {
        return within(DD(), x, 700) ? hn::Exp(DD(), x)
                                    : eachLane(DD(), x, [](double v) { return std::exp(v); });
    });
}

void doubleLog(const TileArgs& t) {
    loopDouble(t, [](VD x) HWY_ATTR {
        const DD d;
        const auto normal = hn::And(hn::Gt(x, hn::Set(d, 1e-300)), hn::Lt(x, hn::Set(d, 1e300)));
        return hn::AllTrue(d, normal) ? hn::Log(d, x)
                                      : eachLane(d, x, [](double v) { return std::log(v); });
    });
}

void doubleSin(const TileArgs& t) {
    loopDouble(t, [](VD x) HWY_ATTR {
        return within(DD(), x, kTurns) ? hn::Sin(DD(), x)
                                       : eachLane(DD(), x, [](double v) { return std::sin(v); });
    });
}

void doubleCos(const TileArgs& t) {
    loopDouble(t, [](VD x) HWY_ATTR {
        return within(DD(), x, kTurns) ? hn::Cos(DD(), x)
                                       : eachLane(DD(), x, [](double v) { return std::cos(v); });
    });
}

void doubleSigmoid(const TileArgs& t) {
    loopDouble(t, [](VD x) HWY_ATTR {
        const DD d;
        const VD one = hn::Set(d, 1.0);
        const VD e = within(d, x, 700) ? hn::Exp(d, hn::Neg(x))
                                       : eachLane(d, x, [](double v) { return std::exp(-v); });
        return hn::Div(one, hn::Add(one, e));
    });
}

TileFunction lookUpDouble(ops::PointwiseFn fn) {
    using F = ops::PointwiseFn;
    switch (fn) {
        case F::exp: return doubleExp;
        case F::log: return doubleLog;
        case F::sin: return doubleSin;
        case F::cos: return doubleCos;
        case F::sigmoid: return doubleSigmoid;
        default: return nullptr;
    }
}

TileFunction lookUp(ops::PointwiseFn fn) {
    using F = ops::PointwiseFn;
    switch (fn) {
        case F::exp: return fnExp;
        case F::log: return fnLog;
        case F::sqrt: return fnSqrt;
        case F::recip: return fnRecip;
        case F::sin: return fnSin;
        case F::cos: return fnCos;
        case F::asin: return fnAsin;
        case F::acos: return fnAcos;
        case F::atan: return fnAtan;
        case F::abs: return fnAbs;
        case F::neg: return fnNeg;
        case F::ceil: return fnCeil;
        case F::floor: return fnFloor;
        case F::round: return fnRound;
        case F::erf: return fnErf;
        case F::relu: return fnRelu;
        case F::sigmoid: return fnSigmoid;
        case F::tanh: return fnTanh;
        case F::leaky_relu: return fnLeaky;
        case F::elu: return fnElu;
        case F::selu: return fnSelu;
        case F::softsign: return fnSoftsign;
        case F::softplus: return fnSoftplus;
        case F::clip: return fnClip;
        case F::hard_sigmoid: return fnHardSigmoid;
        case F::scaled_tanh: return fnScaledTanh;
        case F::thresholded_relu: return fnThresholded;
        case F::gelu_erf: return fnGeluErf;
        case F::gelu_tanh: return fnGeluTanh;
        case F::hard_swish: return fnHardSwish;
        case F::swish: return fnSwish;
        case F::mish: return fnMish;
        case F::sum: return fnSum;
        case F::prod: return fnProd;
        case F::sub: return fnSub;
        case F::div: return fnDiv;
        case F::max: return fnMax;
        case F::min: return fnMin;
        case F::prelu: return fnPrelu;
        default: return nullptr;
    }
}

}  // namespace bireme::cpu::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();

#if HWY_ONCE
#include "backends/cpu/simd/dispatch.h"

namespace bireme::cpu {
HWY_EXPORT(lookUp);
HWY_EXPORT(lookUpDouble);
TileFunction vectorFunction(ops::PointwiseFn fn) {
    capInstructionSets();
    return HWY_DYNAMIC_DISPATCH(lookUp)(fn);
}
TileFunction vectorFunctionOfDoubles(ops::PointwiseFn fn) {
    capInstructionSets();
    return HWY_DYNAMIC_DISPATCH(lookUpDouble)(fn);
}
}  // namespace bireme::cpu
#endif
