// SPDX-License-Identifier: Apache-2.0
// What products by tiles have in common. Included once per target, before HWY_BEFORE_NAMESPACE of
// the including source.
#if defined(BIREME_CPU_TILE_INL) == defined(HWY_TARGET_TOGGLE)
#ifdef BIREME_CPU_TILE_INL
#undef BIREME_CPU_TILE_INL
#else
#define BIREME_CPU_TILE_INL
#endif

#include <hwy/highway.h>

HWY_BEFORE_NAMESPACE();
namespace bireme::cpu::HWY_NAMESPACE {

// Rows of a tile: accumulators, two vectors of b and one of a fill the registers.
#if HWY_TARGET == HWY_AVX3
constexpr int kTileRows = 12;
#else
constexpr int kTileRows = 6;
#endif

}  // namespace bireme::cpu::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();

#endif
