// SPDX-License-Identifier: Apache-2.0
#include "backends/cpu/simd/brain_product.h"

#include "backends/cpu/simd/brain_tiles.h"
#include "backends/cpu/support/isa.h"

#include <immintrin.h>
#include <algorithm>
#include <cstring>
#include <utility>

// GCC's own intrinsics read a variable that they leave undefined.
#pragma GCC diagnostic ignored "-Wmaybe-uninitialized"

#define BIREME_BRAIN __attribute__((target("avx512f,avx512bw,avx512vl,avx512dq,avx512bf16")))

namespace bireme::cpu {

const bool roundsBrains = kernelIsa() >= Isa::avx512_bf16;

namespace {

constexpr int64_t kHalf = kBrainWidth / 2;  // pairs of a vector

// Rows of sixteen 32-bit elements become columns.
BIREME_BRAIN inline void transpose16(__m512i* r) {
    __m512i t[16];
    for (int i = 0; i < 16; i += 2) {
        t[i] = _mm512_unpacklo_epi32(r[i], r[i + 1]);
        t[i + 1] = _mm512_unpackhi_epi32(r[i], r[i + 1]);
    }
    for (int i = 0; i < 16; i += 4)
        for (int j = 0; j < 2; ++j) {
            r[i + 2 * j] = _mm512_unpacklo_epi64(t[i + j], t[i + j + 2]);
            r[i + 2 * j + 1] = _mm512_unpackhi_epi64(t[i + j], t[i + j + 2]);
        }
    for (int i = 0; i < 4; ++i) {
        t[i] = _mm512_shuffle_i32x4(r[i], r[i + 4], 0x88);
        t[i + 4] = _mm512_shuffle_i32x4(r[i], r[i + 4], 0xdd);
        t[i + 8] = _mm512_shuffle_i32x4(r[i + 8], r[i + 12], 0x88);
        t[i + 12] = _mm512_shuffle_i32x4(r[i + 8], r[i + 12], 0xdd);
    }
    for (int i = 0; i < 8; ++i) {
        r[i] = _mm512_shuffle_i32x4(t[i], t[i + 8], 0x88);
        r[i + 8] = _mm512_shuffle_i32x4(t[i], t[i + 8], 0xdd);
    }
}

// R rows by one panel, or by its first half where the other has no columns (and becomes 0).
template <bool kBoth, size_t... I>
BIREME_BRAIN inline void tile(std::index_sequence<I...>, const BFloat16* a, int64_t lda,
                              const BFloat16* b, int64_t pairs, float* c, int64_t ldc) {
    __m512 left[sizeof...(I)] = {(static_cast<void>(I), _mm512_setzero_ps())...};
    __m512 right[sizeof...(I)] = {(static_cast<void>(I), _mm512_setzero_ps())...};
    const BFloat16* rows[sizeof...(I)] = {a + static_cast<int64_t>(I) * lda...};
    for (int64_t k = 0; k < pairs; ++k, b += 2 * kBrainWidth) {
        const auto b0 = reinterpret_cast<__m512bh>(_mm512_loadu_si512(b)),
                   b1 = reinterpret_cast<__m512bh>(_mm512_loadu_si512(kBoth ? b + kBrainWidth : b));
        auto pair = [&](size_t i) BIREME_BRAIN {
            int32_t two;
            std::memcpy(&two, rows[i] + 2 * k, sizeof two);
            return reinterpret_cast<__m512bh>(_mm512_set1_epi32(two));
        };
        __m512bh v;
        ((v = pair(I), left[I] = _mm512_dpbf16_ps(left[I], v, b0),
          right[I] = kBoth ? _mm512_dpbf16_ps(right[I], v, b1) : right[I]),
         ...);
    }
    (_mm512_storeu_ps(c + static_cast<int64_t>(I) * ldc, left[I]), ...);
    (_mm512_storeu_ps(c + static_cast<int64_t>(I) * ldc + kHalf, right[I]), ...);
}

template <size_t rows>
BIREME_BRAIN void strip(const BrainProduct& p, int64_t row) {
    const int64_t pairs = pairsOf(p.k);
    constexpr auto all = std::make_index_sequence<rows>();
    const BFloat16 *a = p.a + row * p.lda, *b = p.packed;
    float* c = p.c + row * p.ldc;
    for (int64_t left = p.n; left > 0; left -= kBrainWidth) {
        if (left > kHalf)
            tile<true>(all, a, p.lda, b, pairs, c, p.ldc);
        else
            tile<false>(all, a, p.lda, b, pairs, c, p.ldc);
        b += pairs * 2 * kBrainWidth, c += kBrainWidth;
    }
}

}  // namespace

size_t packedBrains(int64_t k, int64_t n) {
    return static_cast<size_t>((n + kBrainWidth - 1) / kBrainWidth * pairsOf(k) * 2 * kBrainWidth);
}

BIREME_BRAIN void packBrainColumns(const BFloat16* b, int64_t step, int64_t k, int64_t n,
                                   BFloat16* packed) {
    const int64_t pairs = k / 2;
    for (int64_t j = 0; j < n; j += kHalf) {
        BFloat16* panel = packed + j / kBrainWidth * pairs * 2 * kBrainWidth + j % kBrainWidth * 2;
        for (int64_t i = 0; i < pairs; i += 16) {
            const int64_t count = std::min<int64_t>(16, pairs - i);
            const auto mask = static_cast<__mmask16>((1u << count) - 1);
            __m512i r[16];
            for (int64_t c = 0; c < 16; ++c)
                r[c] = j + c < n ? _mm512_maskz_loadu_epi32(mask, b + (j + c) * step + 2 * i)
                                 : _mm512_setzero_si512();
            transpose16(r);
            for (int64_t q = 0; q < count; ++q)
                _mm512_storeu_si512(panel + (i + q) * 2 * kBrainWidth, r[q]);
        }
    }
    // The last panel may have half of its columns.
    if (const int64_t have = (n + kHalf - 1) / kHalf; have % 2) {
        BFloat16* panel = packed + have / 2 * pairs * 2 * kBrainWidth + kBrainWidth;
        for (int64_t q = 0; q < pairs; ++q)
            _mm512_storeu_si512(panel + q * 2 * kBrainWidth, _mm512_setzero_si512());
    }
}

BIREME_BRAIN void packBrainRows(const BFloat16* b, int64_t step, int64_t k, int64_t n,
                                BFloat16* packed) {
    const int64_t panels = (n + kBrainWidth - 1) / kBrainWidth;
    for (int64_t j = 0; j < 2 * panels; ++j)
        for (int64_t q = 0; q < pairsOf(k); ++q) {
            const int64_t at = j * kHalf, have = std::clamp<int64_t>(n - at, 0, kHalf);
            const auto mask = static_cast<__mmask16>((1u << have) - 1);
            auto row = [&](int64_t i) BIREME_BRAIN {
                return i < k ? _mm512_cvtepu16_epi32(
                                   _mm256_maskz_loadu_epi16(mask, b + i * step + at))
                             : _mm512_setzero_si512();
            };
            const __m512i two = _mm512_or_si512(row(2 * q), _mm512_slli_epi32(row(2 * q + 1), 16));
            _mm512_storeu_si512(
                packed + (j / 2 * pairsOf(k) + q) * 2 * kBrainWidth + j % 2 * kBrainWidth, two);
        }
}

template <size_t... R>
static auto stripOfHeight(std::index_sequence<R...>, int64_t rows) {
    static constexpr void (*all[])(const BrainProduct&, int64_t) = {strip<R + 1>...};
    return all[rows - 1];
}

void multiplyBrains(const BrainProduct& p) {
    if (multipliesTiles) return multiplyBrainTiles(p);
    const int64_t strips = (p.m + kBrainHeight - 1) / kBrainHeight;
    for (int64_t s = 0; s < strips; ++s) {  // as even as they go
        const int64_t row = p.m * s / strips, rows = p.m * (s + 1) / strips - row;
        stripOfHeight(std::make_index_sequence<kBrainHeight>(), rows)(p, row);
    }
}

}  // namespace bireme::cpu
