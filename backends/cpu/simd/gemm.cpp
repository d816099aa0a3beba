// SPDX-License-Identifier: Apache-2.0
#include "backends/cpu/simd/targets.h"

#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "backends/cpu/simd/gemm.cpp"
#include <hwy/foreach_target.h>
// The order matters: foreach_target.h before highway.h.
#include "backends/cpu/simd/gemm.h"

#include <hwy/highway.h>

#include <algorithm>
#include <cstring>
#include <utility>

HWY_BEFORE_NAMESPACE();
namespace bireme::cpu::HWY_NAMESPACE {

namespace hn = hwy::HWY_NAMESPACE;
using GD = hn::ScalableTag<float>;
using GV = hn::Vec<GD>;

// Accumulators, two vectors of b and one of a fill the registers.
#if HWY_TARGET == HWY_AVX3
constexpr int kHeight = 12;
#else
constexpr int kHeight = 6;
#endif

// c[kHeight][2 vectors] (+)= a strip of packed a times one panel. Row i of the strip at a[k *
// kHeight + i].
template <size_t... I>
HWY_INLINE void tile(std::index_sequence<I...>, const float* HWY_RESTRICT a,
                     const float* HWY_RESTRICT b, int64_t k, float* HWY_RESTRICT c, int64_t ldc,
                     bool add) {
    const GD d;
    const size_t lanes = hn::Lanes(d);
    GV left[sizeof...(I)], right[sizeof...(I)];
    if (add) {
        ((left[I] = hn::LoadU(d, c + static_cast<int64_t>(I) * ldc)), ...);
        ((right[I] = hn::LoadU(d, c + static_cast<int64_t>(I) * ldc + lanes)), ...);
    } else {
        ((left[I] = hn::Zero(d)), ...);
        ((right[I] = hn::Zero(d)), ...);
    }
    for (int64_t i = 0; i < k; ++i) {
        const GV b0 = hn::LoadU(d, b), b1 = hn::LoadU(d, b + lanes);
        GV v;
        ((v = hn::Set(d, a[I]), left[I] = hn::MulAdd(v, b0, left[I]),
          right[I] = hn::MulAdd(v, b1, right[I])),
         ...);
        a += sizeof...(I);
        b += 2 * lanes;
    }
    (hn::StoreU(left[I], d, c + static_cast<int64_t>(I) * ldc), ...);
    (hn::StoreU(right[I], d, c + static_cast<int64_t>(I) * ldc + lanes), ...);
}

// Rows of a interleaved kHeight at a time; missing rows are zero.
void packRows(const float* a, int64_t lda, int64_t rows, int64_t k, float* packed) {
    for (int64_t r = 0; r < rows; r += kHeight) {
        const int64_t have = std::min<int64_t>(kHeight, rows - r);
        for (int64_t i = 0; i < kHeight; ++i) {
            float* to = packed + i;
            if (i < have) {
                const float* from = a + (r + i) * lda;
                for (int64_t j = 0; j < k; ++j) to[j * kHeight] = from[j];
            } else {
                for (int64_t j = 0; j < k; ++j) to[j * kHeight] = 0.f;
            }
        }
        packed += kHeight * k;
    }
}

// Columns of panels [panel, panelEnd) of rows [row, rowEnd).
void gemmBlock(const GemmProblem& p, int64_t row, int64_t rowEnd, int64_t panel, int64_t panelEnd,
               float* scratch) {
    const auto width = static_cast<int64_t>(2 * hn::Lanes(GD()));
    const auto heights = std::make_index_sequence<kHeight>();
    HWY_ALIGN float edge[kHeight * 2 * HWY_MAX_BYTES / sizeof(float)];
    for (int64_t r0 = row; r0 < rowEnd; r0 += kGemmRows) {
        const int64_t rows = std::min(kGemmRows, rowEnd - r0);
        for (int64_t k0 = 0; k0 < p.k; k0 += kGemmDepth) {
            const int64_t depth = std::min(kGemmDepth, p.k - k0);
            packRows(p.a + r0 * p.lda + k0, p.lda, rows, depth, scratch);
            for (int64_t j = panel; j < panelEnd; ++j) {
                const float* b = p.packed + (j * p.k + k0) * width;
                const int64_t columns = std::min(width, p.n - j * width);
                for (int64_t r = 0; r < rows; r += kHeight) {
                    float* c = p.c + (r0 + r) * p.ldc + j * width;
                    const float* a = scratch + r * depth;
                    const int64_t have = std::min<int64_t>(kHeight, rows - r);
                    if (have == kHeight && columns == width) {
                        tile(heights, a, b, depth, c, p.ldc, k0 > 0);
                        continue;
                    }
                    for (int64_t i = 0; i < have && k0 > 0; ++i)
                        std::memcpy(edge + i * width, c + i * p.ldc,
                                    static_cast<size_t>(columns) * sizeof(float));
                    tile(heights, a, b, depth, edge, width, k0 > 0);
                    for (int64_t i = 0; i < have; ++i)
                        std::memcpy(c + i * p.ldc, edge + i * width,
                                    static_cast<size_t>(columns) * sizeof(float));
                }
            }
        }
        const int64_t first = panel * width, last = std::min(p.n, panelEnd * width);
        if (p.epilogue && first < last)
            p.epilogue->apply(p.c + r0 * p.ldc + first, p.ldc, r0, rows, first, last - first);
    }
}

GemmShape shapeHere() { return {static_cast<int>(2 * hn::Lanes(GD())), kHeight}; }

}  // namespace bireme::cpu::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();

#if HWY_ONCE
#include "backends/cpu/simd/dispatch.h"
#include "base/parallel_for.h"

namespace bireme::cpu {

HWY_EXPORT(gemmBlock);
HWY_EXPORT(shapeHere);

GemmShape gemmShape() {
    capInstructionSets();
    return HWY_DYNAMIC_DISPATCH(shapeHere)();
}

size_t packedElements(int64_t k, int64_t n, int width) {
    return static_cast<size_t>((n + width - 1) / width * width * k);
}

void packPanels(const float* b, int64_t rowStride, int64_t columnStride, int64_t k, int64_t n,
                int width, float* packed) {
    for (int64_t j = 0; j < n; j += width)
        for (int64_t i = 0; i < k; ++i)
            for (int64_t c = j; c < j + width; ++c)
                *packed++ = c < n ? b[i * rowStride + c * columnStride] : 0.f;
}

void gemm(const GemmProblem& p, int threads) noexcept {
    const GemmShape shape = gemmShape();
    const int64_t panels = (p.n + shape.width - 1) / shape.width,
                  strips = (p.m + shape.height - 1) / shape.height;
    // Cut along the side that divides best; small products stay on one thread.
    int64_t parts = std::min<int64_t>(threads, std::max<int64_t>(1, p.m * p.n * p.k / 200000));
    const bool byColumns = panels >= strips || panels >= 4 * parts;
    parts = std::min(parts, byColumns ? panels : strips);
    parallelFor(parts, 1, [&](int64_t begin, int64_t end) {
        for (int64_t t = begin; t < end; ++t) {
            float* scratch = p.scratch + t * (kGemmDepth * kGemmRows + 1024);
            if (byColumns) HWY_DYNAMIC_DISPATCH(gemmBlock)
            (p, 0, p.m, panels * t / parts, panels * (t + 1) / parts, scratch);
            else HWY_DYNAMIC_DISPATCH(gemmBlock)(
                p, strips * t / parts * shape.height,
                std::min(p.m, strips * (t + 1) / parts * shape.height), 0, panels, scratch);
        }
    });
}

}  // namespace bireme::cpu
#endif
