// SPDX-License-Identifier: Apache-2.0
#include "backends/cpu/simd/targets.h"

#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "backends/cpu/simd/gemm.cpp"
#include <hwy/foreach_target.h>
// The order matters: foreach_target.h before highway.h.
#include "backends/cpu/simd/gemm.h"
#include "backends/cpu/simd/tile-inl.h"

#include <hwy/highway.h>

#include <algorithm>
#include <cstring>
#include <utility>

HWY_BEFORE_NAMESPACE();
namespace bireme::cpu::HWY_NAMESPACE {

namespace hn = hwy::HWY_NAMESPACE;
using GD = hn::ScalableTag<float>;
using GV = hn::Vec<GD>;

constexpr int64_t kDepth =
    256;  // of a block along k: its part of a panel stays in the first-level cache
constexpr int64_t kWideDepth = 512;  // where tiles are two panels wide
constexpr int64_t kRows = 144;       // of a block along m, at most
constexpr int64_t kAgain = 8192;     // elements that an epilogue passes over again, near by

HWY_INLINE GV finish(GV v, const float* bias, const float* residual, const GemmEnd& e) {
    const GD d;
    if (bias) v = hn::Add(v, hn::LoadU(d, bias));
    if (residual) v = hn::Add(v, hn::LoadU(d, residual));
    if (e.clip) v = hn::Min(hn::Set(d, e.high), hn::Max(hn::Set(d, e.low), v));
    return v;
}

// Some rows by two vectors of c, or by one: (+)= rows of a times one panel. `end` is null unless
// this is the last of k; bias and residual in it are those of this tile.
template <int kVectors, size_t... I>
HWY_INLINE void tile(std::index_sequence<I...>, const float* const* rows,
                     const float* HWY_RESTRICT b, int64_t k, float* HWY_RESTRICT c, int64_t ldc,
                     bool add, const GemmEnd* end) {
    const GD d;
    const size_t lanes = hn::Lanes(d);
    GV left[sizeof...(I)], right[sizeof...(I)];
    const float* a[sizeof...(I)] = {rows[I]...};
    if (add) {
        ((left[I] = hn::LoadU(d, c + static_cast<int64_t>(I) * ldc)), ...);
        if constexpr (kVectors == 2)
            ((right[I] = hn::LoadU(d, c + static_cast<int64_t>(I) * ldc + lanes)), ...);
    } else {
        ((left[I] = hn::Zero(d)), ...);
        ((right[I] = hn::Zero(d)), ...);
    }
    for (int64_t i = 0; i < k; ++i) {
        const GV b0 = hn::LoadU(d, b), b1 = kVectors == 2 ? hn::LoadU(d, b + lanes) : b0;
        GV v;
        ((v = hn::Set(d, a[I][i]), left[I] = hn::MulAdd(v, b0, left[I]),
          right[I] = kVectors == 2 ? hn::MulAdd(v, b1, right[I]) : right[I]),
         ...);
        b += 2 * lanes;
    }
    if (end) {
        const float *bias = end->bias, *bias1 = bias ? bias + lanes : nullptr;
        auto at = [&](size_t row, size_t column) {
            return end->residual ? end->residual + static_cast<int64_t>(row) * end->ldr + column
                                 : nullptr;
        };
        ((left[I] = finish(left[I], bias, at(I, 0), *end)), ...);
        if constexpr (kVectors == 2)
            ((right[I] = finish(right[I], bias1, at(I, lanes), *end)), ...);
    }
    (hn::StoreU(left[I], d, c + static_cast<int64_t>(I) * ldc), ...);
    if constexpr (kVectors == 2)
        (hn::StoreU(right[I], d, c + static_cast<int64_t>(I) * ldc + lanes), ...);
}

// By height, which a constant makes.
using Tile = void (*)(const float* const*, const float*, int64_t, float*, int64_t, bool,
                      const GemmEnd*);
template <int kVectors, size_t kRows>
void tileOf(const float* const* rows, const float* b, int64_t k, float* c, int64_t ldc, bool add,
            const GemmEnd* end) {
    tile<kVectors>(std::make_index_sequence<kRows>(), rows, b, k, c, ldc, add, end);
}
template <int kVectors, size_t... R>
Tile tileOfHeight(std::index_sequence<R...>, int64_t rows) {
    static constexpr Tile all[] = {tileOf<kVectors, R + 1>...};
    return all[rows - 1];
}
Tile tileFor(int64_t rows, int64_t columns) {
    constexpr auto heights = std::make_index_sequence<kTileRows>();
    return columns <= static_cast<int64_t>(hn::Lanes(GD())) ? tileOfHeight<1>(heights, rows)
                                                            : tileOfHeight<2>(heights, rows);
}

// Some rows by two panels, which are `step` elements apart, alike.
template <size_t kRows>
void wideTile(const float* const* rows, const float* b, int64_t step, int64_t k, float* c,
              int64_t ldc, bool add, const GemmEnd* end) {
    multiplyWide(std::make_index_sequence<kRows>(), rows, b, step, k, c, ldc, add,
                 [=](GV v, size_t row, int64_t column) {
                     if (!end) return v;
                     const float *bias = end->bias, *residual = end->residual;
                     return finish(v, bias ? bias + column : nullptr,
                                   residual
                                       ? residual + static_cast<int64_t>(row) * end->ldr + column
                                       : nullptr,
                                   *end);
                 });
}
using WideTile = void (*)(const float* const*, const float*, int64_t, int64_t, float*, int64_t,
                          bool, const GemmEnd*);
template <size_t... R>
WideTile wideTileOfHeight(std::index_sequence<R...>, int64_t rows) {
    static constexpr WideTile all[] = {wideTile<R + 1>...};
    return all[rows - 1];
}

// A tile at the right edge, whose last vector is not whole, through buffers.
void edgeTile(const GemmProblem& p, const float* const* rows, const float* b, int64_t k,
              int64_t row, int64_t column, int64_t have, int64_t columns, bool add, bool last) {
    constexpr size_t kMost = 2 * HWY_MAX_BYTES / sizeof(float);
    const auto width = static_cast<int64_t>(2 * hn::Lanes(GD()));
    const size_t bytes = static_cast<size_t>(columns) * sizeof(float);
    HWY_ALIGN float edge[kTileRows * kMost], residual[kTileRows * kMost], bias[kMost];
    float* c = p.c + row * p.ldc + column;
    for (int64_t i = 0; i < have && add; ++i) std::memcpy(edge + i * width, c + i * p.ldc, bytes);
    GemmEnd end = p.end;
    if (last && end.bias) {
        std::memcpy(bias, end.bias + column, bytes);
        end.bias = bias;
    }
    if (last && end.residual) {
        for (int64_t i = 0; i < have; ++i)
            std::memcpy(residual + i * width, end.residual + (row + i) * end.ldr + column, bytes);
        end.residual = residual, end.ldr = width;
    }
    tileFor(have, columns)(rows, b, k, edge, width, add, last && end.any() ? &end : nullptr);
    for (int64_t i = 0; i < have; ++i) std::memcpy(c + i * p.ldc, edge + i * width, bytes);
}

// Few columns leave most of a panel unused; then a vector holds one column of many rows, gathered
// from a. Rows [row, row + count), all columns.
constexpr int64_t kNarrow = 8;
HWY_INLINE bool isNarrow(const GemmProblem& p) {
    return p.n <= kNarrow && !p.rows && p.lda * 64 < (int64_t{1} << 31);
}

template <size_t... C>
HWY_INLINE void narrowRows(std::index_sequence<C...>, const GemmProblem& p, int64_t row,
                           int64_t count) {
    const GD d;
    const hn::RebindToSigned<GD> di;
    const auto lanes = static_cast<int64_t>(hn::Lanes(d)), width = 2 * lanes;
    constexpr auto kColumns = static_cast<int64_t>(sizeof...(C));
    HWY_ALIGN int32_t steps[HWY_MAX_BYTES / sizeof(int32_t)];
    HWY_ALIGN float out[sizeof...(C)][HWY_MAX_BYTES / sizeof(float)];
    for (int64_t r = row; r < row + count; r += lanes) {
        const int64_t have = std::min(lanes, row + count - r);
        for (int64_t i = 0; i < lanes; ++i)
            steps[i] = static_cast<int32_t>(std::min(i, have - 1) * p.lda);
        const auto index = hn::Load(di, steps);
        const float *a = p.a + r * p.lda, *b = p.packed;
        GV sum[sizeof...(C)] = {hn::Set(d, p.end.bias ? p.end.bias[C] : 0.f)...};
        for (int64_t k = 0; k < p.k; ++k, b += width) {
            const GV v = hn::GatherIndex(d, a + k, index);
            ((sum[C] = hn::MulAdd(v, hn::Set(d, b[C]), sum[C])), ...);
        }
        if (!p.end.residual) ((sum[C] = finish(sum[C], nullptr, nullptr, p.end)), ...);
        float* c = p.c + r * p.ldc;
        if (kColumns == 2 && p.ldc == 2 && have == lanes && !p.end.residual) {
            hn::StoreInterleaved2(sum[0], sum[sizeof...(C) - 1], d, c);
            continue;
        }
        (hn::Store(sum[C], d, out[C]), ...);
        for (int64_t i = 0; i < have; ++i)
            for (int64_t j = 0; j < kColumns; ++j) {
                float v = out[j][i];
                if (p.end.residual) {
                    v += p.end.residual[(r + i) * p.end.ldr + j];
                    if (p.end.clip) v = std::min(p.end.high, std::max(p.end.low, v));
                }
                c[i * p.ldc + j] = v;
            }
    }
}

void narrow(const GemmProblem& p, int64_t row, int64_t count) {
    switch (p.n) {
        case 1: return narrowRows(std::make_index_sequence<1>(), p, row, count);
        case 2: return narrowRows(std::make_index_sequence<2>(), p, row, count);
        case 3: return narrowRows(std::make_index_sequence<3>(), p, row, count);
        case 4: return narrowRows(std::make_index_sequence<4>(), p, row, count);
        case 5: return narrowRows(std::make_index_sequence<5>(), p, row, count);
        case 6: return narrowRows(std::make_index_sequence<6>(), p, row, count);
        case 7: return narrowRows(std::make_index_sequence<7>(), p, row, count);
        default: return narrowRows(std::make_index_sequence<8>(), p, row, count);
    }
}

// Rows [r0, r0 + rows) by panel j, or by two from there on, of which all columns are there; `depth`
// of k from k0 on.
template <bool kWide>
void gemmPanel(const GemmProblem& p, int64_t r0, int64_t rows, int64_t j, int64_t k0,
               int64_t depth) {
    constexpr int64_t kHeight = kWide ? kWideRows : kTileRows;
    const auto width = static_cast<int64_t>(2 * hn::Lanes(GD()));
    const bool ends = k0 + depth == p.k, add = k0 > 0;
    const float* b = p.packed + (j * p.k + k0) * width;
    const int64_t column = j * width, columns = std::min(width, p.n - column);
    const bool edge = columns % static_cast<int64_t>(hn::Lanes(GD())) != 0;
    const int64_t tiles = (rows + kHeight - 1) / kHeight;
    for (int64_t t = 0; t < tiles; ++t) {  // as even as they go
        const int64_t r = rows * t / tiles, have = rows * (t + 1) / tiles - r, at = r0 + r;
        const float* a[kTileRows];
        for (int64_t i = 0; i < have; ++i)
            a[i] = p.a + (p.rows ? p.rows[at + i] : (at + i) * p.lda) + k0;
        if (edge) {
            edgeTile(p, a, b, depth, at, column, have, columns, add, ends);
            continue;
        }
        GemmEnd end = p.end;
        if (end.bias) end.bias += column;
        if (end.residual) end.residual += at * end.ldr + column;
        const GemmEnd* last = ends && p.end.any() ? &end : nullptr;
        float* c = p.c + at * p.ldc + column;
        if constexpr (kWide)
            wideTileOfHeight(std::make_index_sequence<kWideRows>(), have)(a, b, p.k * width, depth,
                                                                          c, p.ldc, add, last);
        else
            tileFor(have, columns)(a, b, depth, c, p.ldc, add, last);
    }
}

void gemmBlock(const GemmProblem& p, int64_t row, int64_t rowEnd, int64_t panel, int64_t panelEnd) {
    const auto width = static_cast<int64_t>(2 * hn::Lanes(GD()));
    const int64_t first = panel * width, last = std::min(p.n, panelEnd * width);
    const bool wide = kHasWideTiles && last - first >= 2 * width && twoPanelsAtOnce();
    const int64_t most = wide ? kWideDepth : kDepth;
    const int64_t blocks = std::max<int64_t>(1, (p.k + most - 1) / most),
                  step = (p.k + blocks - 1) / blocks;
    // What an epilogue passes over again should still be near.
    const int64_t together = p.epilogue
                                 ? std::clamp<int64_t>(kAgain / std::max<int64_t>(1, last - first) /
                                                           kTileRows * kTileRows,
                                                       kTileRows, kRows)
                                 : kRows;
    for (int64_t r0 = row; r0 < rowEnd; r0 += together) {
        const int64_t rows = std::min(together, rowEnd - r0);
        if (isNarrow(p)) narrow(p, r0, rows);
        for (int64_t k0 = isNarrow(p) ? p.k : 0; k0 < p.k; k0 += step) {
            const int64_t depth = std::min(step, p.k - k0);
            int64_t j = panel;
            if constexpr (kHasWideTiles)
                for (; wide && (j + 2) * width <= last; j += 2)
                    gemmPanel<true>(p, r0, rows, j, k0, depth);
            for (; j < panelEnd; ++j) gemmPanel<false>(p, r0, rows, j, k0, depth);
        }
        if (p.epilogue && first < last)
            p.epilogue->apply(p.c + r0 * p.ldc + first, p.ldc, r0, rows, first, last - first);
    }
}

GemmShape shapeHere() { return {static_cast<int>(2 * hn::Lanes(GD())), kTileRows}; }

}  // namespace bireme::cpu::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();

#if HWY_ONCE
#include "backends/cpu/simd/dispatch.h"
#include "base/parallel_for.h"

#include <unistd.h>

namespace bireme::cpu {

HWY_EXPORT(gemmBlock);
HWY_EXPORT(shapeHere);

GemmShape gemmShape() {
    capInstructionSets();
    return HWY_DYNAMIC_DISPATCH(shapeHere)();
}

bool twoPanelsAtOnce() {
    static const bool large = [] {
        constexpr long kNeeded = 48 << 10;
        return sysconf(_SC_LEVEL1_DCACHE_SIZE) >= kNeeded;
    }();
    return large;
}

size_t packedElements(int64_t k, int64_t n, int width) {
    return static_cast<size_t>((n + width - 1) / width * width * k);
}

void packPanels(const float* b, int64_t rowStride, int64_t columnStride, int64_t k, int64_t n,
                int width, float* packed) {
    for (int64_t j = 0; j < n; j += width, packed += k * width) {
        const int64_t columns = std::min<int64_t>(width, n - j);
        const float* from = b + j * columnStride;
        if (columns < width) std::fill(packed, packed + k * width, 0.f);
        if (columnStride == 1) {
            for (int64_t i = 0; i < k; ++i)
                std::memcpy(packed + i * width, from + i * rowStride,
                            static_cast<size_t>(columns) * sizeof(float));
            continue;
        }
        for (int64_t i0 = 0; i0 < k; i0 += 16)  // a line of every column at a time
            for (int64_t c = 0; c < columns; ++c)
                for (int64_t i = i0; i < std::min(k, i0 + 16); ++i)
                    packed[i * width + c] = from[c * columnStride + i * rowStride];
    }
}

std::vector<float> repackPanels(const float* packed, int64_t k, int64_t n, int width) {
    std::vector<float> plain(static_cast<size_t>(k * n));
    for (int64_t i = 0; i < k; ++i)
        for (int64_t j = 0; j < n; ++j)
            plain[static_cast<size_t>(i * n + j)] = packed[(j / width * k + i) * width + j % width];
    const int own = gemmShape().width;
    std::vector<float> out(packedElements(k, n, own));
    packPanels(plain.data(), n, 1, k, n, own, out.data());
    return out;
}

void gemmPart(const GemmProblem& p, int64_t row, int64_t rowEnd, int64_t panel,
              int64_t panelEnd) noexcept {
    HWY_DYNAMIC_DISPATCH(gemmBlock)(p, row, rowEnd, panel, panelEnd);
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
            if (byColumns)
                gemmPart(p, 0, p.m, panels * t / parts, panels * (t + 1) / parts);
            else
                gemmPart(p, strips * t / parts * shape.height,
                         std::min(p.m, strips * (t + 1) / parts * shape.height), 0, panels);
        }
    });
}

}  // namespace bireme::cpu
#endif
