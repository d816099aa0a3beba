// SPDX-License-Identifier: Apache-2.0
// What products by tiles have in common. Included once per target, before HWY_BEFORE_NAMESPACE of
// the including source.
#if defined(BIREME_CPU_TILE_INL) == defined(HWY_TARGET_TOGGLE)
#ifdef BIREME_CPU_TILE_INL
#undef BIREME_CPU_TILE_INL
#else
#define BIREME_CPU_TILE_INL
#endif

#include "backends/cpu/simd/independent.h"

#include <hwy/cache_control.h>
#include <hwy/highway.h>

#include <cstdint>
#include <utility>

HWY_BEFORE_NAMESPACE();
namespace bireme::cpu::HWY_NAMESPACE {

// Rows of a tile: accumulators, two vectors of b and one of a fill the registers.
#if HWY_TARGET == HWY_AVX3
constexpr int kTileRows = 12;
#else
constexpr int kTileRows = 6;
#endif
// Of a tile over two panels, where there are registers enough.
constexpr bool kHasWideTiles = kTileRows == 12;
constexpr int kWideRows = 6;

// c = rows of a times two panels that are `step` elements apart, or c += that: of each vector, its
// row and its column, what `finish` makes is stored.
template <size_t... I, typename Finish>
HWY_INLINE void multiplyWide(std::index_sequence<I...>, const float* const* rows,
                             const float* HWY_RESTRICT first, int64_t step, int64_t k, float* c,
                             int64_t ldc, bool add, const Finish& finish) {
    namespace hn = hwy::HWY_NAMESPACE;
    using V = hn::Vec<hn::ScalableTag<float>>;
    const hn::ScalableTag<float> d;
    constexpr int64_t kAhead = 8;  // rows of a panel
    const auto n = static_cast<int64_t>(hn::Lanes(d));
    const float* HWY_RESTRICT second = first + step;
    const float* from[sizeof...(I)] = {rows[I]...};
    V p[sizeof...(I)], q[sizeof...(I)], r[sizeof...(I)], s[sizeof...(I)];
    BIREME_UNROLL
    for (size_t i = 0; i < sizeof...(I); ++i) {
        const float* at = c + static_cast<int64_t>(i) * ldc;
        p[i] = add ? hn::LoadU(d, at) : hn::Zero(d);
        q[i] = add ? hn::LoadU(d, at + n) : hn::Zero(d);
        r[i] = add ? hn::LoadU(d, at + 2 * n) : hn::Zero(d);
        s[i] = add ? hn::LoadU(d, at + 3 * n) : hn::Zero(d);
    }
    for (int64_t i = 0; i < k; ++i, first += 2 * n, second += 2 * n) {
        const V b0 = hn::LoadU(d, first), b1 = hn::LoadU(d, first + n);
        const V b2 = hn::LoadU(d, second), b3 = hn::LoadU(d, second + n);
        hwy::Prefetch(first + kAhead * 2 * n);
        hwy::Prefetch(first + (kAhead * 2 + 1) * n);
        hwy::Prefetch(second + kAhead * 2 * n);
        hwy::Prefetch(second + (kAhead * 2 + 1) * n);
        V v;
        ((v = hn::Set(d, from[I][i]), p[I] = hn::MulAdd(v, b0, p[I]),
          q[I] = hn::MulAdd(v, b1, q[I]), r[I] = hn::MulAdd(v, b2, r[I]),
          s[I] = hn::MulAdd(v, b3, s[I])),
         ...);
    }
    BIREME_UNROLL
    for (size_t i = 0; i < sizeof...(I); ++i) {
        float* at = c + static_cast<int64_t>(i) * ldc;
        hn::StoreU(finish(p[i], i, 0), d, at);
        hn::StoreU(finish(q[i], i, n), d, at + n);
        hn::StoreU(finish(r[i], i, 2 * n), d, at + 2 * n);
        hn::StoreU(finish(s[i], i, 3 * n), d, at + 3 * n);
    }
}

}  // namespace bireme::cpu::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();

#endif
