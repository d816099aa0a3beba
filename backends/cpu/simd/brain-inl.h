// SPDX-License-Identifier: Apache-2.0
// Vectors of floats from and to floats and bf16. Included once per target, between
// HWY_BEFORE_NAMESPACE and HWY_AFTER_NAMESPACE of the including source.
#if defined(BIREME_CPU_BRAIN_INL) == defined(HWY_TARGET_TOGGLE)
#ifdef BIREME_CPU_BRAIN_INL
#undef BIREME_CPU_BRAIN_INL
#else
#define BIREME_CPU_BRAIN_INL
#endif

#include "backends/cpu/simd/brain_product.h"
#include "tensor/half.h"

#include <hwy/highway.h>

#include <cstring>

HWY_BEFORE_NAMESPACE();
namespace bireme::cpu::HWY_NAMESPACE {

namespace hn = hwy::HWY_NAMESPACE;
using BF = hn::ScalableTag<float>;
using BU = hn::RebindToUnsigned<BF>;
using BH = hn::Rebind<uint16_t, BF>;  // as many halves as floats of a vector
using BV = hn::Vec<BF>;

HWY_INLINE BV load(const float* p) { return hn::LoadU(BF(), p); }
HWY_INLINE BV load(const BFloat16* p) {
    const auto bits = hn::LoadU(BH(), reinterpret_cast<const uint16_t*>(p));
    return hn::BitCast(BF(), hn::ShiftLeft<16>(hn::PromoteTo(BU(), bits)));
}
HWY_INLINE void store(BV v, float* p) { hn::StoreU(v, BF(), p); }
// To nearest even; a NaN stays one.
HWY_INLINE void store(BV v, BFloat16* p) {
#if HWY_TARGET == HWY_AVX3
    if (roundsBrains) {  // one instruction, which this target does not speak of
        __m256i bits;
        asm("vcvtneps2bf16 %1, %0" : "=v"(bits) : "v"(v.raw));
        return _mm256_storeu_si256(reinterpret_cast<__m256i*>(p), bits);
    }
#endif
    const BU d;
    const auto u = hn::BitCast(d, v), high = hn::ShiftRight<16>(u);
    const auto odd = hn::And(high, hn::Set(d, 1u));
    const auto rounded = hn::ShiftRight<16>(hn::Add(hn::Add(u, hn::Set(d, 0x7fffu)), odd));
    const auto quiet = hn::Or(high, hn::Set(d, 0x40u));
    const auto bits = hn::IfThenElse(hn::RebindMask(d, hn::IsNaN(v)), quiet, rounded);
    hn::StoreU(hn::TruncateTo(BH(), bits), BH(), reinterpret_cast<uint16_t*>(p));
}

// The first `have` lanes; the others of what is loaded are zero.
#if HWY_TARGET == HWY_AVX3
HWY_INLINE __mmask16 firstLanes(size_t have) { return static_cast<__mmask16>((1u << have) - 1); }
HWY_INLINE BV loadFirst(const float* from, size_t have) {
    return BV{_mm512_maskz_loadu_ps(firstLanes(have), from)};
}
HWY_INLINE BV loadFirst(const BFloat16* from, size_t have) {
    const __m256i bits = _mm256_maskz_loadu_epi16(firstLanes(have), from);
    return BV{_mm512_castsi512_ps(_mm512_slli_epi32(_mm512_cvtepu16_epi32(bits), 16))};
}
HWY_INLINE void storeFirst(BV v, float* to, size_t have) {
    _mm512_mask_storeu_ps(to, firstLanes(have), v.raw);
}
HWY_INLINE void storeFirst(BV v, BFloat16* to, size_t have) {
    if (have == hn::Lanes(BF())) return store(v, to);
    alignas(32) BFloat16 buffer[16];
    store(v, buffer);
    _mm256_mask_storeu_epi16(to, firstLanes(have),
                             _mm256_load_si256(reinterpret_cast<const __m256i*>(buffer)));
}
#else
template <typename T>
HWY_INLINE BV loadFirst(const T* from, size_t have) {
    if (have == hn::Lanes(BF())) return load(from);
    HWY_ALIGN T buffer[HWY_MAX_BYTES / sizeof(float)] = {};
    std::memcpy(buffer, from, have * sizeof(T));
    return load(buffer);
}
template <typename T>
HWY_INLINE void storeFirst(BV v, T* to, size_t have) {
    if (have == hn::Lanes(BF())) return store(v, to);
    HWY_ALIGN T buffer[HWY_MAX_BYTES / sizeof(float)];
    store(v, buffer);
    std::memcpy(to, buffer, have * sizeof(T));
}
#endif

}  // namespace bireme::cpu::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();
#endif
