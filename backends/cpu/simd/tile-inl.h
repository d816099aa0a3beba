// SPDX-License-Identifier: Apache-2.0
// What products by tiles have in common. Included once per target, before HWY_BEFORE_NAMESPACE of
// the including source.
#if defined(BIREME_CPU_TILE_INL) == defined(HWY_TARGET_TOGGLE)
#ifdef BIREME_CPU_TILE_INL
#undef BIREME_CPU_TILE_INL
#else
#define BIREME_CPU_TILE_INL
#endif

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

// Vectors of a tile over two panels: rows of a times the first panel's two vectors, then the
// second's.
template <size_t kRows>
struct WideSums {
    hwy::HWY_NAMESPACE::Vec<hwy::HWY_NAMESPACE::ScalableTag<float>> a[kRows], b[kRows], c[kRows],
        d[kRows];
};

// sums += rows of a times two panels that are `step` elements apart.
template <size_t... I>
HWY_INLINE void multiplyWide(std::index_sequence<I...>, const float* const* rows,
                             const float* HWY_RESTRICT first, int64_t step, int64_t k,
                             WideSums<sizeof...(I)>& sums) {
    namespace hn = hwy::HWY_NAMESPACE;
    using V = hn::Vec<hn::ScalableTag<float>>;
    const hn::ScalableTag<float> d;
    constexpr int64_t kAhead = 8;  // rows of a panel
    const auto n = static_cast<int64_t>(hn::Lanes(d));
    const float* HWY_RESTRICT second = first + step;
    const float* from[sizeof...(I)] = {rows[I]...};
    V p[sizeof...(I)] = {sums.a[I]...}, q[sizeof...(I)] = {sums.b[I]...},
      r[sizeof...(I)] = {sums.c[I]...}, s[sizeof...(I)] = {sums.d[I]...};
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
    ((sums.a[I] = p[I], sums.b[I] = q[I], sums.c[I] = r[I], sums.d[I] = s[I]), ...);
}

}  // namespace bireme::cpu::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();

#endif
