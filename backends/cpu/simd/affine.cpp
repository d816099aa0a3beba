// SPDX-License-Identifier: Apache-2.0
#include "backends/cpu/simd/targets.h"

#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "backends/cpu/simd/affine.cpp"
#include <hwy/foreach_target.h>
// The order matters: foreach_target.h before highway.h.
#include <hwy/highway.h>

#include "backends/cpu/simd/affine.h"
#include "backends/cpu/simd/independent.h"

#include <cmath>
#include <limits>
#include <type_traits>

HWY_BEFORE_NAMESPACE();
namespace bireme::cpu::HWY_NAMESPACE {
namespace {

enum class Kind : uint8_t { whole, real, back };

template <Kind kind, typename T>
inline T one(T x, T s, T z) {
    if (kind == Kind::back) return (x - z) * s;
    return (kind == Kind::whole ? std::nearbyint(x / s) : x / s) + z;
}

template <typename R>
inline R saturated(float q) {
    constexpr float low = std::numeric_limits<R>::min(), high = std::numeric_limits<R>::max();
    float c = q;
    if constexpr (std::is_signed_v<R>) c = std::isnan(q) ? 0.0F : q;
    c = c > low ? c : low;  // so is a NaN
    c = c < high ? c : high;
    return static_cast<R>(static_cast<int32_t>(c));
}

template <typename R>
void bytes(const AffineTile<float>& t, R* y) {
    const int64_t n = t.n;
    const float *x = t.x, *scale = t.scale, *zero = t.zero;
    if (t.step == 0) {
        const float s = *scale, z = *zero;
        BIREME_INDEPENDENT
        for (int64_t i = 0; i < n; ++i) y[i] = saturated<R>(one<Kind::whole>(x[i], s, z));
        return;
    }
    BIREME_INDEPENDENT
    for (int64_t i = 0; i < n; ++i) y[i] = saturated<R>(one<Kind::whole>(x[i], scale[i], zero[i]));
}

template <Kind kind, typename T>
void run(const AffineTile<T>& t) {
    const int64_t n = t.n;
    const T* x = t.x;
    T* y = t.y;
    if (t.step == 0) {
        const T s = *t.scale, z = *t.zero;
        BIREME_INDEPENDENT
        for (int64_t i = 0; i < n; ++i) y[i] = one<kind>(x[i], s, z);
        return;
    }
    const T *scale = t.scale, *zero = t.zero;
    BIREME_INDEPENDENT
    for (int64_t i = 0; i < n; ++i) y[i] = one<kind>(x[i], scale[i], zero[i]);
}

}  // namespace

void wholeF32(const AffineTile<float>& t) { run<Kind::whole>(t); }
void bytesU8(const AffineTile<float>& t, uint8_t* y) { bytes(t, y); }
void bytesI8(const AffineTile<float>& t, int8_t* y) { bytes(t, y); }
void realF32(const AffineTile<float>& t) { run<Kind::real>(t); }
void backF32(const AffineTile<float>& t) { run<Kind::back>(t); }
void backF64(const AffineTile<double>& t) { run<Kind::back>(t); }

}  // namespace bireme::cpu::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();

#if HWY_ONCE
#include "backends/cpu/simd/dispatch.h"

namespace bireme::cpu {

HWY_EXPORT(wholeF32);
HWY_EXPORT(bytesU8);
HWY_EXPORT(bytesI8);
HWY_EXPORT(realF32);
HWY_EXPORT(backF32);
HWY_EXPORT(backF64);

void quantizeWhole(const AffineTile<float>& t) {
    capInstructionSets();
    HWY_DYNAMIC_DISPATCH(wholeF32)(t);
}
void quantizeBytes(const AffineTile<float>& t, uint8_t* y) {
    capInstructionSets();
    HWY_DYNAMIC_DISPATCH(bytesU8)(t, y);
}
void quantizeBytes(const AffineTile<float>& t, int8_t* y) {
    capInstructionSets();
    HWY_DYNAMIC_DISPATCH(bytesI8)(t, y);
}
void quantizeReal(const AffineTile<float>& t) {
    capInstructionSets();
    HWY_DYNAMIC_DISPATCH(realF32)(t);
}
void dequantizeTile(const AffineTile<float>& t) {
    capInstructionSets();
    HWY_DYNAMIC_DISPATCH(backF32)(t);
}
void dequantizeTile(const AffineTile<double>& t) {
    capInstructionSets();
    HWY_DYNAMIC_DISPATCH(backF64)(t);
}

}  // namespace bireme::cpu
#endif
