// SPDX-License-Identifier: Apache-2.0
// Vector functions of float within a few units in the last place, for all inputs. Included once per
// target, between HWY_BEFORE_NAMESPACE and HWY_AFTER_NAMESPACE of the including source.
// Coefficients are minimax fits.
#if defined(BIREME_CPU_MATH_INL) == defined(HWY_TARGET_TOGGLE)
#ifdef BIREME_CPU_MATH_INL
#undef BIREME_CPU_MATH_INL
#else
#define BIREME_CPU_MATH_INL
#endif

#include <hwy/contrib/math/math-inl.h>
#include <hwy/highway.h>

HWY_BEFORE_NAMESPACE();
namespace bireme::cpu::HWY_NAMESPACE {

namespace hn = hwy::HWY_NAMESPACE;
using DF = hn::ScalableTag<float>;
using DI = hn::RebindToSigned<DF>;
using VF = hn::Vec<DF>;

HWY_INLINE VF num(float v) { return hn::Set(DF(), v); }

// x times 2^n for whole numbers n; results may be subnormal or overflow.
HWY_INLINE VF timesPowerOfTwo(VF x, VF n) {
#if HWY_TARGET == HWY_AVX3
    return VF{_mm512_scalef_ps(x.raw, n.raw)};
#else
    const DI di;  // by two factors
    const auto whole = hn::ConvertTo(di, n), half = hn::ShiftRight<1>(whole);
    const auto bias = hn::Set(di, 127);
    const auto a = hn::BitCast(DF(), hn::ShiftLeft<23>(hn::Add(half, bias)));
    const auto b = hn::BitCast(DF(), hn::ShiftLeft<23>(hn::Add(hn::Sub(whole, half), bias)));
    return hn::Mul(hn::Mul(x, a), b);
#endif
}

HWY_INLINE VF expOf(VF x) {
    // The second operand of Max and Min wins where one is a NaN.
    x = hn::Min(num(89.f), hn::Max(num(-104.f), x));
    const VF k = hn::Round(hn::Mul(x, num(1.44269504f)));
    VF r = hn::NegMulAdd(k, num(0.693359375f), x);
    r = hn::MulAdd(k, num(2.12194440e-4f), r);
    VF q = hn::MulAdd(r, num(0.00139013f), num(0.0083632f));
    q = hn::MulAdd(q, r, num(0.04166685f));
    q = hn::MulAdd(q, r, num(0.16666577f));
    q = hn::MulAdd(q, r, num(0.5f));
    const VF p = hn::Add(hn::MulAdd(hn::Mul(r, r), q, r), num(1.f));
    return timesPowerOfTwo(p, k);
}

// Of x <= 0, 0 where that would be subnormal: a shift below zero, of which sums see nothing, and
// which processors that trap subnormal numbers take a hundred times as long for.
HWY_INLINE VF weightOf(VF x) {
    const VF least = num(-87.f);
    return hn::IfThenZeroElse(hn::Lt(x, least), expOf(hn::Max(least, x)));
}

HWY_INLINE VF logOf(VF x) {
    const DF d;
    const VF inf = hn::Inf(d), zero = hn::Zero(d);
    VF y = hn::Log(d, x);
    y = hn::IfThenElse(hn::Eq(x, inf), inf, y);
    y = hn::IfThenElse(hn::Eq(x, zero), hn::Neg(inf), y);
    return hn::IfThenElse(hn::Or(hn::Lt(x, zero), hn::IsNaN(x)), hn::NaN(d), y);
}

HWY_INLINE VF sigmoidOf(VF x) {
    const VF one = num(1.f);
    return hn::Div(one, hn::Add(one, expOf(hn::Neg(x))));
}

// x times its sigmoid, for results that are rounded to bf16: 13 bits are right.
HWY_INLINE VF nearSwishOf(VF x) {
#if HWY_TARGET == HWY_AVX3
    constexpr int kFloor = _MM_FROUND_TO_NEG_INF | _MM_FROUND_NO_EXC;
    const VF t = hn::Mul(x, num(-1.44269504f)), f{_mm512_reduce_ps(t.raw, kFloor)};
    VF p = hn::MulAdd(f, num(0.0780245f), num(0.226067f));  // 2^f
    p = hn::MulAdd(p, f, num(0.695834f));
    p = hn::MulAdd(p, f, num(0.999925f));
    const VF e{_mm512_scalef_ps(p.raw, t.raw)};  // by 2 to the power of the floor of t
    return hn::Mul(x, VF{_mm512_rcp14_ps(hn::Add(num(1.f), e).raw)});
#else
    return hn::Mul(x, sigmoidOf(x));
#endif
}

HWY_INLINE VF tanhOf(VF x) {
    const VF a = hn::Abs(x), t = hn::Mul(x, x), one = num(1.f);
    const VF big = hn::Sub(one, hn::Div(num(2.f), hn::Add(expOf(hn::Add(a, a)), one)));
    VF p = hn::MulAdd(t, num(-0.00565999f), num(0.02059099f));
    p = hn::MulAdd(p, t, num(-0.05372107f));
    p = hn::MulAdd(p, t, num(0.13331128f));
    p = hn::MulAdd(p, t, num(-0.33333261f));
    const VF small = hn::MulAdd(hn::Mul(p, t), x, x);
    return hn::IfThenElse(hn::Lt(a, num(0.625f)), small, hn::CopySign(big, x));
}

HWY_INLINE VF erfOf(VF x) {
    const VF c = hn::Min(num(3.92f), hn::Max(num(-3.92f), x));
    const VF t = hn::Mul(c, c);
    VF p = hn::MulAdd(t, num(2.050084885e-6f), num(2.848838568e-4f));
    p = hn::MulAdd(p, t, num(3.765653718e-3f));
    p = hn::MulAdd(p, t, num(5.274883692e-2f));
    p = hn::MulAdd(p, t, num(1.904072825e-1f));
    p = hn::MulAdd(p, t, num(1.128379146f));
    VF q = hn::MulAdd(t, num(3.809174962e-5f), num(1.162545008e-3f));
    q = hn::MulAdd(q, t, num(1.496928971e-2f));
    q = hn::MulAdd(q, t, num(1.141094544e-1f));
    q = hn::MulAdd(q, t, num(5.020768012e-1f));
    q = hn::MulAdd(q, t, num(1.f));
    const VF y = hn::Div(hn::Mul(c, p), q);
    return hn::Min(num(1.f), hn::Max(num(-1.f), y));
}

}  // namespace bireme::cpu::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();

#endif
