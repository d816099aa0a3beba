// SPDX-License-Identifier: Apache-2.0
#include "backends/cpu/simd/brain_tiles.h"

#include "backends/cpu/support/isa.h"

#include <immintrin.h>
#include <algorithm>
#include <cstring>

// GCC's own intrinsics read a variable that they leave undefined.
#pragma GCC diagnostic ignored "-Wmaybe-uninitialized"

#define BIREME_TILES \
    __attribute__((target("amx-tile,amx-bf16,avx512f,avx512bw,avx512vl,avx512dq,avx512bf16")))

namespace bireme::cpu {

const bool multipliesTiles = kernelIsa() >= Isa::amx;

namespace {

constexpr int64_t kHeight = 16, kPairs = 16;  // of a tile: rows, and pairs along k
constexpr int64_t kHalf = kBrainWidth / 2;
constexpr int64_t kLine = 64 / static_cast<int64_t>(sizeof(BFloat16));  // of the cache
constexpr int64_t kPairBytes = 2 * kBrainWidth * static_cast<int64_t>(sizeof(BFloat16));

// Registers: 0 to 3 sums, 4 and 5 rows, 6 and 7 columns.
struct alignas(64) Shape {
    uint8_t palette = 1, start = 0, reserved[14] = {};
    uint16_t bytes[16] = {};
    uint8_t rows[16] = {};
};

// Copies of a product's last step, filled up with zeros.
struct Tail {
    alignas(64) BFloat16 a[kTileBlock * 2 * kPairs];
    alignas(64) BFloat16 b[kPairs * 2 * kBrainWidth];
};

struct Steps {
    int64_t count = 0, pairs = 0;  // whole ones of a run
    int64_t rest = 0;              // pairs of a last one that is copied
};

Steps stepsOf(int64_t k) {
    const int64_t pairs = pairsOf(k), step = tilePairs(pairs);
    if (step) return {pairs / step, step, 0};
    return {pairs / kPairs, kPairs, pairs % kPairs};
}

// Which lines of a panel each step asks the second-level cache for: those of the panel `distance`
// elements behind that [begin, end) of a step's lines hold.
struct Ahead {
    int64_t distance = 0, begin = 0, end = 0;
};

// One or two strips of rows, which begin at `first` and `second`, by one or two halves of a panel.
template <bool kBothStrips, bool kBothHalves>
BIREME_TILES void multiplyStrips(const TileRows& rows, const Steps& steps, int64_t first,
                                 int64_t second, const BFloat16* panel, const Ahead& ahead,
                                 const Tail* tail, float* c, int64_t ldc) {
    constexpr int64_t bStep = kPairBytes;
    const int64_t aStep = rows.lda * static_cast<int64_t>(sizeof(BFloat16)),
                  cStep = ldc * static_cast<int64_t>(sizeof(float));
    const BFloat16* b = panel;
    _tile_zero(0);
    if (kBothHalves) _tile_zero(1);
    if (kBothStrips) _tile_zero(2);
    if (kBothStrips && kBothHalves) _tile_zero(3);
    auto step = [&](const BFloat16* a0, const BFloat16* a1, int64_t stride, const BFloat16* at)
                    BIREME_TILES {
                        _tile_loadd(6, at, bStep);
                        _tile_loadd(4, a0, stride);
                        if (kBothHalves) _tile_loadd(7, at + kBrainWidth, bStep);
                        _tile_dpbf16ps(0, 4, 6);
                        if (kBothStrips) _tile_loadd(5, a1, stride);
                        if (kBothHalves) _tile_dpbf16ps(1, 4, 7);
                        if (kBothStrips) _tile_dpbf16ps(2, 5, 6);
                        if (kBothStrips && kBothHalves) _tile_dpbf16ps(3, 5, 7);
                    };
    for (int64_t run = 0; run < rows.runs; ++run) {
        const BFloat16* a0 = rows.a + first * rows.lda + (rows.starts ? rows.starts[run] : 0);
        const BFloat16* a1 = a0 + (second - first) * rows.lda;
        for (int64_t s = 0; s < steps.count; ++s) {
            step(a0, a1, aStep, b);
            for (int64_t i = ahead.begin; i < ahead.end; ++i)
                _mm_prefetch(b + ahead.distance + i * kLine, _MM_HINT_T1);
            a0 += 2 * steps.pairs, a1 += 2 * steps.pairs, b += steps.pairs * 2 * kBrainWidth;
        }
    }
    if (tail)
        step(tail->a + first * 2 * kPairs, tail->a + second * 2 * kPairs,
             2 * kPairs * static_cast<int64_t>(sizeof(BFloat16)), tail->b);
    float *upper = c + first * ldc, *lower = c + second * ldc;
    _tile_stored(0, upper, cStep);
    if (kBothHalves) _tile_stored(1, upper + kHalf, cStep);
    if (kBothStrips) _tile_stored(2, lower, cStep);
    if (kBothStrips && kBothHalves) _tile_stored(3, lower + kHalf, cStep);
}

void copyRows(const TileRows& rows, const Steps& steps, int64_t count, Tail& tail) {
    const int64_t have = 2 * steps.rest;
    for (int64_t r = 0; r < count; ++r) {
        BFloat16* to = tail.a + r * 2 * kPairs;
        std::memcpy(to, rows.a + r * rows.lda + steps.count * 2 * kPairs,
                    static_cast<size_t>(have) * sizeof(BFloat16));
        std::fill(to + have, to + 2 * kPairs, BFloat16());
    }
}
void copyColumns(const BFloat16* panel, const Steps& steps, Tail& tail) {
    const int64_t have = steps.rest * 2 * kBrainWidth;
    std::memcpy(tail.b, panel + steps.count * kPairs * 2 * kBrainWidth,
                static_cast<size_t>(have) * sizeof(BFloat16));
    std::fill(tail.b + have, std::end(tail.b), BFloat16());
}

// All strips of a block: of one height, the last of which may begin in the one before.
void multiplyBlock(Tiles& tiles, const TileRows& rows, const Steps& steps, int64_t count,
                   const BFloat16* panel, int64_t columns, int64_t distance, const Tail* tail,
                   float* c, int64_t ldc) {
    const int64_t strips = (count + kHeight - 1) / kHeight, height = (count + strips - 1) / strips;
    tiles.shape(height, steps.pairs);
    const bool both = columns > kHalf;
    // The intrinsics do not say that they read memory.
    asm volatile("" : : "r"(tail), "r"(rows.a), "r"(panel) : "memory");
    for (int64_t s = 0; s < strips; s += 2) {
        const int64_t first = std::min(s * height, count - height),
                      second = std::min((s + 1) * height, count - height);
        const bool two = s + 1 < strips;
        const int64_t lines = distance ? 2 * steps.pairs : 0;
        const Ahead ahead{distance, lines * s / strips, lines * std::min(s + 2, strips) / strips};
        const auto run = two    ? both ? multiplyStrips<true, true> : multiplyStrips<true, false>
                            : both ? multiplyStrips<false, true>
                                : multiplyStrips<false, false>;
        run(rows, steps, first, second, panel, ahead, tail, c, ldc);
    }
}

template <bool kResidual, bool kClip>
BIREME_TILES void finish(const float* c, int64_t ldc, int64_t rows, int64_t columns,
                         const BrainEnd& e, BFloat16* y, int64_t yStep) {
    const __mmask32 mask = columns >= kBrainWidth ? ~0u : (1u << columns) - 1;
    const auto left = static_cast<__mmask16>(mask), right = static_cast<__mmask16>(mask >> 16);
    const __m512 none = _mm512_setzero_ps();
    const __m512 bias0 = e.bias ? _mm512_maskz_loadu_ps(left, e.bias) : none,
                 bias1 = e.bias ? _mm512_maskz_loadu_ps(right, e.bias + kHalf) : none;
    const __m512 low = _mm512_set1_ps(e.low), high = _mm512_set1_ps(e.high);
    for (int64_t r = 0; r < rows; ++r, c += ldc, y += yStep) {
        __m512 v0 = _mm512_add_ps(_mm512_loadu_ps(c), bias0),
               v1 = _mm512_add_ps(_mm512_loadu_ps(c + kHalf), bias1);
        if (kResidual) {
            const __m512i two = _mm512_maskz_loadu_epi16(mask, e.residual + r * e.residualStep);
            const __m512i r0 = _mm512_cvtepu16_epi32(_mm512_castsi512_si256(two)),
                          r1 = _mm512_cvtepu16_epi32(_mm512_extracti64x4_epi64(two, 1));
            v0 = _mm512_add_ps(v0, _mm512_castsi512_ps(_mm512_slli_epi32(r0, 16)));
            v1 = _mm512_add_ps(v1, _mm512_castsi512_ps(_mm512_slli_epi32(r1, 16)));
        }
        if (kClip) {  // in this order a NaN stays one
            v0 = _mm512_min_ps(high, _mm512_max_ps(low, v0));
            v1 = _mm512_min_ps(high, _mm512_max_ps(low, v1));
        }
        _mm512_mask_storeu_epi16(y, mask, reinterpret_cast<__m512i>(_mm512_cvtne2ps_pbh(v1, v0)));
    }
}

}  // namespace

int64_t tilePairs(int64_t pairs) {
    const int64_t least = (pairs + kPairs - 1) / kPairs;
    for (int64_t steps = least; steps <= least + least / 3; ++steps)
        if (pairs % steps == 0) return pairs / steps;
    return 0;
}

void Tiles::shape(int64_t rows, int64_t pairs) {
    if (rows == rows_ && pairs == pairs_) return;
    rows_ = rows, pairs_ = pairs;
    Shape s;
    for (int i = 0; i < 4; ++i) s.rows[i] = static_cast<uint8_t>(rows), s.bytes[i] = 64;
    for (int i = 4; i < 6; ++i)
        s.rows[i] = static_cast<uint8_t>(rows), s.bytes[i] = static_cast<uint16_t>(4 * pairs);
    for (int i = 6; i < 8; ++i) s.rows[i] = static_cast<uint8_t>(pairs), s.bytes[i] = 64;
    asm volatile("ldtilecfg %0" : : "m"(s));
}

Tiles::~Tiles() {
    if (rows_) asm volatile("tilerelease" : : : "memory");
}

void multiplyTilePanel(Tiles& tiles, const TileRows& rows, int64_t count, const BFloat16* panel,
                       int64_t columns, float* c, int64_t ldc, int64_t next) {
    const Steps steps = stepsOf(rows.k);
    if (!steps.rest)
        return multiplyBlock(tiles, rows, steps, count, panel, columns, next, nullptr, c, ldc);
    Tail tail;
    copyRows(rows, steps, count, tail);
    copyColumns(panel, steps, tail);
    multiplyBlock(tiles, rows, steps, count, panel, columns, next, &tail, c, ldc);
}

void finishTilePanel(const float* c, int64_t ldc, int64_t rows, int64_t columns,
                     const BrainEnd& end, BFloat16* y, int64_t yStep) {
    if (end.swish)
        return brainRowFunctions().finishNarrow({const_cast<float*>(c), ldc, rows, columns}, end, y,
                                                yStep);
    const auto run = end.residual ? end.clip ? finish<true, true> : finish<true, false>
                     : end.clip ? finish<false, true>
                                  : finish<false, false>;
    run(c, ldc, rows, columns, end, y, yStep);
}

void multiplyBrainTiles(const BrainProduct& p) {
    Tiles tiles;
    const Steps steps = stepsOf(p.k);
    Tail tail;
    for (int64_t row = 0; row < p.m; row += kTileBlock) {
        const int64_t count = std::min(kTileBlock, p.m - row);
        const TileRows rows{p.a + row * p.lda, p.lda, p.k};
        if (steps.rest) copyRows(rows, steps, count, tail);
        const BFloat16* panel = p.packed;
        for (int64_t at = 0; at < p.n; at += kBrainWidth) {
            float* c = p.c + row * p.ldc + at;
            if (steps.rest) copyColumns(panel, steps, tail);
            multiplyBlock(tiles, rows, steps, count, panel, p.n - at, 0,
                          steps.rest ? &tail : nullptr, c, p.ldc);
            if (p.n - at <= kHalf)
                for (int64_t r = 0; r < count; ++r) std::fill_n(c + r * p.ldc + kHalf, kHalf, 0.f);
            panel += pairsOf(p.k) * 2 * kBrainWidth;
        }
    }
}

}  // namespace bireme::cpu
