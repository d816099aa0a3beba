// SPDX-License-Identifier: Apache-2.0
#include "backends/cpu/simd/targets.h"

#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "backends/cpu/simd/winograd.cpp"
#include <hwy/foreach_target.h>
// The order matters: foreach_target.h before highway.h.
#include "backends/cpu/simd/brain-inl.h"
#include "backends/cpu/simd/independent.h"
#include "backends/cpu/simd/tile-inl.h"
#include "backends/cpu/simd/winograd.h"

#include <hwy/highway.h>

#include <algorithm>
#include <cstring>
#include <type_traits>
#include <utility>

HWY_BEFORE_NAMESPACE();
namespace bireme::cpu::HWY_NAMESPACE {

namespace hn = hwy::HWY_NAMESPACE;
using WD = hn::ScalableTag<float>;
using WV = hn::Vec<WD>;

HWY_INLINE int64_t lanes() { return static_cast<int64_t>(hn::Lanes(WD())); }

// Where the polynomials behind tiles of 4 are evaluated: 0, two pairs of opposite numbers,
// infinity. These leave a third of the error that 1 and 2 leave, and their squares are exact.
constexpr float kNear = 0.625f, kFar = 1.5f;
constexpr int64_t kLine = 16;  // elements of a cache line

// One side of the input transform: m + 2 elements, `step` vectors apart, in place.
template <int kM>
HWY_INLINE void spread(const WV* from, WV* to) {
    if constexpr (kM == 2) {
        to[0] = hn::Sub(from[0], from[2]);
        to[1] = hn::Add(from[1], from[2]);
        to[2] = hn::Sub(from[2], from[1]);
        to[3] = hn::Sub(from[1], from[3]);
    } else {
        const WD d;
        const WV near2 = hn::Set(d, kNear * kNear), far2 = hn::Set(d, kFar * kFar);
        const WV both = hn::Set(d, kNear * kNear + kFar * kFar);
        const WV product = hn::Set(d, kNear * kNear * kFar * kFar);
        const WV a = hn::NegMulAdd(far2, from[2], from[4]);
        const WV b = hn::Mul(hn::Set(d, kNear), hn::NegMulAdd(far2, from[1], from[3]));
        const WV e = hn::NegMulAdd(near2, from[2], from[4]);
        const WV f = hn::Mul(hn::Set(d, kFar), hn::NegMulAdd(near2, from[1], from[3]));
        to[0] = hn::NegMulAdd(both, from[2], hn::MulAdd(product, from[0], from[4]));
        to[1] = hn::Add(a, b);
        to[2] = hn::Sub(a, b);
        to[3] = hn::Add(e, f);
        to[4] = hn::Sub(e, f);
        to[5] = hn::NegMulAdd(both, from[3], hn::MulAdd(product, from[1], from[5]));
    }
}

// One side of the output transform: m results of m + 2 elements.
template <int kM>
HWY_INLINE void collect(const WV* from, WV* to) {
    if constexpr (kM == 2) {
        to[0] = hn::Add(from[0], hn::Add(from[1], from[2]));
        to[1] = hn::Sub(hn::Sub(from[1], from[2]), from[3]);
    } else {
        const WD d;
        const WV near = hn::Set(d, kNear), far = hn::Set(d, kFar);
        const WV a = hn::Add(from[1], from[2]), b = hn::Mul(near, hn::Sub(from[1], from[2]));
        const WV e = hn::Add(from[3], from[4]), f = hn::Mul(far, hn::Sub(from[3], from[4]));
        const WV near2 = hn::Mul(near, near), far2 = hn::Mul(far, far);
        to[0] = hn::Add(from[0], hn::Add(a, e));
        to[1] = hn::Add(b, f);
        to[2] = hn::MulAdd(far2, e, hn::Mul(near2, a));
        to[3] = hn::MulAdd(far2, f, hn::MulAdd(near2, b, from[5]));
    }
}

// Where a tile lies: its image, line and column of tiles.
struct Place {
    int64_t image, line, column;
    Place(const Winograd& w, int64_t tile)
        : image(tile / (w.tilesDown * w.tilesAcross)),
          line(tile / w.tilesAcross % w.tilesDown * w.m),
          column(tile % w.tilesAcross * w.m) {}
};

template <int kM, typename T>
HWY_INLINE void inputTile(const Winograd& w, const T* const* pixels, float* to, int64_t step,
                          int64_t blockStep) {
    constexpr int kN = kM + 2;
    const WD d;
    for (int64_t c = 0; c < w.channels; c += lanes()) {
        const auto have = static_cast<size_t>(std::min(lanes(), w.channels - c));
        WV half[kN][kN];
        BIREME_UNROLL
        for (int j = 0; j < kN; ++j) {
            WV in[kN], out[kN];
            BIREME_UNROLL
            for (int i = 0; i < kN; ++i) in[i] = loadFirst(pixels[i * kN + j] + c, have);
            spread<kM>(in, out);
            BIREME_UNROLL
            for (int i = 0; i < kN; ++i) half[i][j] = out[i];
        }
        float* at = to + (blockStep ? c / kWinogradBlock * blockStep + c % kWinogradBlock : c);
        BIREME_UNROLL
        for (int i = 0; i < kN; ++i) {
            WV out[kN];
            spread<kM>(half[i], out);
            for (int j = 0; j < kN; ++j, at += step) hn::StoreU(out[j], d, at);
        }
    }
}

template <int kM, typename T>
void input(const Winograd& w, const T* x, const T* zeros, int64_t tile, int64_t tileEnd,
           const WinogradMatrices& to) {
    constexpr int kN = kM + 2;
    for (int64_t t = tile; t < tileEnd; ++t) {
        const Place p(w, t);
        const T* pixels[kN * kN];
        for (int i = 0; i < kN; ++i) {
            const int64_t line = p.line - w.top + i;
            const bool inside = line >= 0 && line < w.height;
            const T* from = x + p.image * w.xStrides[0] + line * w.xStrides[1];
            for (int j = 0; j < kN; ++j) {
                const int64_t column = p.column - w.left + j;
                pixels[i * kN + j] = inside && column >= 0 && column < w.width
                                         ? from + column * w.xStrides[2]
                                         : zeros;
            }
        }
        inputTile<kM, T>(w, pixels, to.data + (t - tile) * to.row, to.step, to.blockStep);
    }
}

// c = a b, or c += a b.
template <int kVectors, size_t... I>
HWY_INLINE void multiply(std::index_sequence<I...>, const float* HWY_RESTRICT a, int64_t aRow,
                         const float* HWY_RESTRICT b, int64_t k, float* HWY_RESTRICT c,
                         int64_t cRow, bool add) {
    const WD d;
    const size_t n = hn::Lanes(d);
    const float* rows[sizeof...(I)] = {a + static_cast<int64_t>(I) * aRow...};
    WV left[sizeof...(I)] = {((void)I, hn::Zero(d))...},
       right[sizeof...(I)] = {((void)I, hn::Zero(d))...};
    if (add) {
        ((left[I] = hn::LoadU(d, c + static_cast<int64_t>(I) * cRow)), ...);
        if constexpr (kVectors == 2)
            ((right[I] = hn::LoadU(d, c + static_cast<int64_t>(I) * cRow + n)), ...);
    }
    for (int64_t i = 0; i < k; ++i, b += 2 * n) {
        const WV b0 = hn::LoadU(d, b), b1 = hn::LoadU(d, kVectors == 2 ? b + n : b);
        WV v;
        ((v = hn::Set(d, rows[I][i]), left[I] = hn::MulAdd(v, b0, left[I]),
          right[I] = kVectors == 2 ? hn::MulAdd(v, b1, right[I]) : right[I]),
         ...);
    }
    (hn::StoreU(left[I], d, c + static_cast<int64_t>(I) * cRow), ...);
    if constexpr (kVectors == 2)
        (hn::StoreU(right[I], d, c + static_cast<int64_t>(I) * cRow + static_cast<int64_t>(n)),
         ...);
}

using Multiply = void (*)(const float*, int64_t, const float*, int64_t, float*, int64_t, bool);
template <int kVectors, size_t kRows>
void multiplyRows(const float* a, int64_t aRow, const float* b, int64_t k, float* c, int64_t cRow,
                  bool add) {
    multiply<kVectors>(std::make_index_sequence<kRows>(), a, aRow, b, k, c, cRow, add);
}
template <int kVectors, size_t... R>
Multiply ofHeight(std::index_sequence<R...>, int64_t rows) {
    static constexpr Multiply all[] = {multiplyRows<kVectors, R + 1>...};
    return all[rows - 1];
}

// All rows by k rows of one panel, of which one vector or two are there.
void panelProduct(const float* a, int64_t aRow, int64_t rows, const float* b, int64_t k, float* c,
                  int64_t cRow, bool narrow, bool add) {
    const int64_t blocks = (rows + kTileRows - 1) / kTileRows;
    for (int64_t i = 0; i < blocks; ++i) {  // as even as they go
        const int64_t r = rows * i / blocks, height = rows * (i + 1) / blocks - r;
        constexpr auto heights = std::make_index_sequence<kTileRows>();
        const Multiply f = narrow ? ofHeight<1>(heights, height) : ofHeight<2>(heights, height);
        f(a + r * aRow, aRow, b, k, c + r * cRow, cRow, add);
    }
}

template <size_t kRows>
void multiplyTwo(const float* a, int64_t aRow, const float* b, int64_t step, int64_t k, float* c,
                 int64_t cRow, bool add) {
    const float* rows[kRows];
    BIREME_UNROLL
    for (size_t i = 0; i < kRows; ++i) rows[i] = a + static_cast<int64_t>(i) * aRow;
    multiplyWide(std::make_index_sequence<kRows>(), rows, b, step, k, c, cRow, add,
                 [](WV v, size_t, int64_t) { return v; });
}
using MultiplyTwo = void (*)(const float*, int64_t, const float*, int64_t, int64_t, float*, int64_t,
                             bool);
template <size_t... R>
MultiplyTwo twoOfHeight(std::index_sequence<R...>, int64_t rows) {
    static constexpr MultiplyTwo all[] = {multiplyTwo<R + 1>...};
    return all[rows - 1];
}

// All rows by k rows of two whole panels, which are `step` elements apart.
void twoPanelsProduct(const float* a, int64_t aRow, int64_t rows, const float* b, int64_t step,
                      int64_t k, float* c, int64_t cRow, bool add) {
    if constexpr (kHasWideTiles) {
        const int64_t blocks = (rows + kWideRows - 1) / kWideRows;
        for (int64_t i = 0; i < blocks; ++i) {
            const int64_t r = rows * i / blocks, height = rows * (i + 1) / blocks - r;
            twoOfHeight(std::make_index_sequence<kWideRows>(), height)(a + r * aRow, aRow, b, step,
                                                                       k, c + r * cRow, cRow, add);
        }
    }
}

void products(const Winograd& w, const WinogradMatrices& from, const float* packed, int64_t rows,
              int64_t first, int64_t last, const WinogradMatrices& to) {
    const int64_t width = 2 * lanes(), panels = (w.maps + width - 1) / width,
                  step = w.channels * width;
    const bool wide = kHasWideTiles && twoPanelsAtOnce();
    for (int64_t p = first; p < last; ++p) {
        const int64_t matrix = p / panels, panel = p % panels;
        const float *a = from.data + matrix * from.step, *b = packed + p * step;
        float* c = to.data + matrix * to.step + panel * width;
        if (wide && p + 1 < last && (panel + 2) * width <= w.maps) {
            twoPanelsProduct(a, from.row, rows, b, step, w.channels, c, to.row, false);
            ++p;
            continue;
        }
        panelProduct(a, from.row, rows, b, w.channels, c, to.row, w.maps - panel * width <= lanes(),
                     false);
    }
}

// One side of a kernel's transform: m + 2 of 3 elements.
template <int kM, typename V>
HWY_INLINE void widen(const V& a, const V& b, const V& c, V* to, int step) {
    using E = std::remove_cvref_t<decltype(a[0])>;
    if constexpr (kM == 2) {
        to[0] = a;
        to[step] = (a + c + b) * E{0.5};
        to[2 * step] = (a + c - b) * E{0.5};
        to[3 * step] = c;
    } else {
        constexpr double kNear2 = kNear * kNear, kFar2 = kFar * kFar;
        constexpr auto kFirst = static_cast<E>(1 / (kNear2 * kFar2)),
                       kByNear = static_cast<E>(0.5 / (kNear2 * (kNear2 - kFar2))),
                       kByFar = static_cast<E>(0.5 / (kFar2 * (kFar2 - kNear2)));
        const V near = a + c * static_cast<E>(kNear2), far = a + c * static_cast<E>(kFar2);
        to[0] = a * kFirst;
        to[step] = (near + b * E{kNear}) * kByNear;
        to[2 * step] = (near - b * E{kNear}) * kByNear;
        to[3 * step] = (far + b * E{kFar}) * kByFar;
        to[4 * step] = (far - b * E{kFar}) * kByFar;
        to[5 * step] = c;
    }
}

// One channel and one vector of maps of a plain kernel, whose elements are `width` apart.
template <int kM>
HWY_INLINE void widenVector(const float* kernel, int64_t width, float* to, int64_t step) {
    typedef float Lanes __attribute__((vector_size(HWY_MAX_BYTES)));
    constexpr int kN = kM + 2;
    Lanes g[9], half[kN * 3], row[kN];
    BIREME_UNROLL
    for (int i = 0; i < 9; ++i) std::memcpy(&g[i], kernel + i * width, sizeof g[i]);
    BIREME_UNROLL
    for (int j = 0; j < 3; ++j) widen<kM>(g[j], g[3 + j], g[6 + j], half + j, 3);
    BIREME_UNROLL
    for (int i = 0; i < kN; ++i) {
        widen<kM>(half[3 * i], half[3 * i + 1], half[3 * i + 2], row, 1);
        BIREME_UNROLL
        for (int j = 0; j < kN; ++j, to += step) std::memcpy(to, &row[j], sizeof row[j]);
    }
}

template <int kM>
void widenPanel(const Winograd& w, const float* plain, int64_t panel, float* packed) {
    const int64_t width = 2 * lanes(), panels = (w.maps + width - 1) / width,
                  step = panels * w.channels * width;
    for (int64_t c = 0; c < w.channels; ++c)
        for (int64_t k = 0; k < width; k += lanes())
            widenVector<kM>(plain + (panel * w.channels + c) * 9 * width + k, width,
                            packed + (panel * w.channels + c) * width + k, step);
}
void widenPanelOf(const Winograd& w, const float* plain, int64_t panel, float* packed) {
    (w.m == 2 ? widenPanel<2> : widenPanel<4>)(w, plain, panel, packed);
}

// A block of channels of some panels is transformed at once, its matrices an odd number of lines
// apart; then they multiply that block of all rows.
constexpr int64_t kPanelsAtOnce = 2;

template <int kM>
void plainProducts(const Winograd& w, const WinogradMatrices& from, const float* plain,
                   int64_t rows, int64_t first, int64_t last, float* scratch,
                   const WinogradMatrices& to) {
    constexpr int64_t n = (kM + 2) * (kM + 2);
    const int64_t width = 2 * lanes(), step = kWinogradBlock * width + kLine;
    static_assert(n * kPanelsAtOnce * (kWinogradBlock * 2 * HWY_MAX_BYTES / 4 + kLine) <=
                  kWinogradScratch);
    auto narrow = [&](int64_t panel) { return w.maps - panel * width <= lanes(); };
    for (int64_t p = first; p < last; p += kPanelsAtOnce) {
        const int64_t end = std::min(last, p + kPanelsAtOnce);
        for (int64_t c = 0; c < w.channels; c += kWinogradBlock) {
            const int64_t count = std::min(kWinogradBlock, w.channels - c);
            for (int64_t q = p; q < end; ++q)
                for (int64_t i = 0; i < count; ++i)
                    for (int64_t k = 0; k < width; k += narrow(q) ? width : lanes())
                        widenVector<kM>(plain + (q * w.channels + c + i) * 9 * width + k, width,
                                        scratch + (q - p) * n * step + i * width + k, step);
            const float* a = from.data + c / kWinogradBlock * from.blockStep;
            const bool both =
                kHasWideTiles && p + 2 == end && end * width <= w.maps && twoPanelsAtOnce();
            for (int64_t m = 0; both && m < n; ++m)
                twoPanelsProduct(a + m * from.step, from.row, rows, scratch + m * step, n * step,
                                 count, to.data + m * to.step + p * width, to.row, c > 0);
            for (int64_t m = 0; !both && m < n; ++m)
                for (int64_t q = p; q < end; ++q)
                    panelProduct(a + m * from.step, from.row, rows,
                                 scratch + ((q - p) * n + m) * step, count,
                                 to.data + m * to.step + q * width, to.row, narrow(q), c > 0);
        }
    }
}
void plainProductsOf(const Winograd& w, const WinogradMatrices& from, const float* plain,
                     int64_t rows, int64_t first, int64_t last, float* scratch,
                     const WinogradMatrices& to) {
    (w.m == 2 ? plainProducts<2> : plainProducts<4>)(w, from, plain, rows, first, last, scratch,
                                                     to);
}

// Where the results of a tile go, and what of it is there.
template <typename T>
struct Target {
    T* y;
    const T* residual;  // null: none
    int64_t lines, columns, residualLine;
};

// One vector of maps of a tile, from map k on. With an epilogue, results stay as floats where the
// first matrices were.
template <int kM, typename T>
HWY_INLINE void outputVector(const Winograd& w, float* from, int64_t step, int64_t k,
                             const WinogradEnd& e, const Target<T>& t, bool stay) {
    constexpr int kN = kM + 2;
    const WD d;
    const auto have = static_cast<size_t>(std::min(lanes(), w.maps - k));
    WV half[kM][kN];
    BIREME_UNROLL
    for (int j = 0; j < kN; ++j) {
        WV in[kN], out[kM];
        BIREME_UNROLL
        for (int i = 0; i < kN; ++i) in[i] = hn::LoadU(d, from + (i * kN + j) * step);
        collect<kM>(in, out);
        BIREME_UNROLL
        for (int i = 0; i < kM; ++i) half[i][j] = out[i];
    }
    const WV add = e.bias ? loadFirst(e.bias + k, have) : hn::Zero(d);
    const WV low = hn::Set(d, e.low), high = hn::Set(d, e.high);
    BIREME_UNROLL
    for (int i = 0; i < kM; ++i) {
        if (i >= t.lines) break;
        WV out[kM];
        collect<kM>(half[i], out);
        BIREME_UNROLL
        for (int j = 0; j < kM; ++j) {
            if (j >= t.columns) break;
            WV v = hn::Add(out[j], add);
            if (t.residual)
                v = hn::Add(v, loadFirst(t.residual + i * t.residualLine + j * w.maps + k, have));
            if (e.clip) v = hn::Min(high, hn::Max(low, v));
            if (stay)
                hn::StoreU(v, d, from + (i * kM + j) * step);
            else
                storeFirst(v, t.y + i * w.yStrides[1] + j * w.yStrides[2] + k, have);
        }
    }
}

template <int kM, typename T>
void output(const Winograd& w, const WinogradMatrices& from, int64_t tile, int64_t tileEnd,
            const WinogradEnd& end, T* y) {
    const bool stay = end.epilogue != nullptr;
    for (int64_t t = tile; t < tileEnd; ++t) {
        const Place p(w, t);
        const int64_t pixel = (p.image * w.outHeight + p.line) * w.outWidth + p.column;
        const Target<T> target{
            y + p.image * w.yStrides[0] + p.line * w.yStrides[1] + p.column * w.yStrides[2],
            end.residual ? static_cast<const T*>(end.residual) + pixel * w.maps : nullptr,
            std::min<int64_t>(kM, w.outHeight - p.line),
            std::min<int64_t>(kM, w.outWidth - p.column), w.outWidth * w.maps};
        float* row = from.data + (t - tile) * from.row;
        for (int64_t k = 0; k < w.maps; k += lanes())
            outputVector<kM, T>(w, row + k, from.step, k, end, target, stay);
        for (int64_t i = 0; stay && i < target.lines; ++i) {
            float* line = row + i * kM * from.step;
            end.epilogue->apply(line, from.step, pixel + i * w.outWidth, target.columns, 0, w.maps);
            for (int64_t j = 0; j < target.columns; ++j)
                for (int64_t k = 0; k < w.maps; k += lanes())
                    storeFirst(load(line + j * from.step + k),
                               target.y + i * w.yStrides[1] + j * w.yStrides[2] + k,
                               static_cast<size_t>(std::min(lanes(), w.maps - k)));
        }
    }
}

// The compiler splits these into the registers that the instruction set has.
typedef double Eight __attribute__((vector_size(64)));
typedef float EightFloats __attribute__((vector_size(32)));

// Eight maps from `map` on, of which some may not be there, and one channel of a kernel.
template <int kM>
void packEight(const Winograd& w, const float* kernel, int64_t map, int64_t channel, float* to,
               int64_t step) {
    constexpr int kN = kM + 2;
    Eight g[9] = {}, half[kN * 3], row[kN];
    for (int64_t k = 0; k < std::min<int64_t>(8, w.maps - map); ++k) {
        const float* from = kernel + ((map + k) * w.channels + channel) * 9;
        for (int i = 0; i < 9; ++i) g[i][k] = static_cast<double>(from[i]);
    }
    for (int j = 0; j < 3; ++j) widen<kM>(g[j], g[3 + j], g[6 + j], half + j, 3);
    for (int i = 0; i < kN; ++i) {
        widen<kM>(half[3 * i], half[3 * i + 1], half[3 * i + 2], row, 1);
        for (int j = 0; j < kN; ++j, to += step) {
            const EightFloats out = __builtin_convertvector(row[j], EightFloats);
            std::memcpy(to, &out, sizeof out);
        }
    }
}

void packPanel(const Winograd& w, const float* kernel, int64_t panel, int64_t panels, int64_t width,
               float* packed) {
    const int64_t step = panels * w.channels * width;
    for (int64_t c = 0; c < w.channels; ++c)
        for (int64_t k = 0; k < width; k += 8)
            (w.m == 2 ? packEight<2> : packEight<4>)(w, kernel, panel * width + k, c,
                                                     packed + (panel * w.channels + c) * width + k,
                                                     step);
}

template <typename T>
void inputAs(const Winograd& w, const void* x, const void* zeros, int64_t tile, int64_t tileEnd,
             const WinogradMatrices& to) {
    (w.m == 2 ? input<2, T> : input<4, T>)(w, static_cast<const T*>(x),
                                           static_cast<const T*>(zeros), tile, tileEnd, to);
}
void inputOf(const Winograd& w, const void* x, const void* zeros, int64_t tile, int64_t tileEnd,
             const WinogradMatrices& to) {
    (w.brain ? inputAs<BFloat16> : inputAs<float>)(w, x, zeros, tile, tileEnd, to);
}
template <typename T>
void outputAs(const Winograd& w, const WinogradMatrices& from, int64_t tile, int64_t tileEnd,
              const WinogradEnd& end, void* y) {
    (w.m == 2 ? output<2, T> : output<4, T>)(w, from, tile, tileEnd, end, static_cast<T*>(y));
}
void outputOf(const Winograd& w, const WinogradMatrices& from, int64_t tile, int64_t tileEnd,
              const WinogradEnd& end, void* y) {
    (w.brain ? outputAs<BFloat16> : outputAs<float>)(w, from, tile, tileEnd, end, y);
}

}  // namespace bireme::cpu::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();

#if HWY_ONCE
#include "backends/cpu/simd/dispatch.h"
#include "base/parallel_for.h"

namespace bireme::cpu {

HWY_EXPORT(inputOf);
HWY_EXPORT(products);
HWY_EXPORT(plainProductsOf);
HWY_EXPORT(widenPanelOf);
HWY_EXPORT(outputOf);
HWY_EXPORT(packPanel);

void winogradInput(const Winograd& w, const void* x, const void* zeros, int64_t tile,
                   int64_t tileEnd, const WinogradMatrices& to) noexcept {
    HWY_DYNAMIC_DISPATCH(inputOf)(w, x, zeros, tile, tileEnd, to);
}
void winogradProducts(const Winograd& w, const WinogradMatrices& from, const float* packed,
                      int64_t rows, int64_t first, int64_t last,
                      const WinogradMatrices& to) noexcept {
    HWY_DYNAMIC_DISPATCH(products)(w, from, packed, rows, first, last, to);
}
void winogradPlainProducts(const Winograd& w, const WinogradMatrices& from, const float* plain,
                           int64_t rows, int64_t first, int64_t last, float* scratch,
                           const WinogradMatrices& to) noexcept {
    HWY_DYNAMIC_DISPATCH(plainProductsOf)(w, from, plain, rows, first, last, scratch, to);
}
void winogradOutput(const Winograd& w, const WinogradMatrices& from, int64_t tile, int64_t tileEnd,
                    const WinogradEnd& end, void* y) noexcept {
    HWY_DYNAMIC_DISPATCH(outputOf)(w, from, tile, tileEnd, end, y);
}

void packPlainWinograd(const Winograd& w, const float* kernel, int width, float* packed) {
    packPanels(kernel, 1, w.channels * 9, w.channels * 9, w.maps, width, packed);
}
void transformWinograd(const Winograd& w, const float* plain, float* packed) noexcept {
    const int64_t width = gemmShape().width, panels = (w.maps + width - 1) / width;
    parallelFor(panels, 1, [&](int64_t begin, int64_t end) {
        for (int64_t p = begin; p < end; ++p)
            HWY_DYNAMIC_DISPATCH(widenPanelOf)(w, plain, p, packed);
    });
}
void packWinograd(const Winograd& w, const float* kernel, int width, float* packed) {
    const int64_t panels = (w.maps + width - 1) / width;
    parallelFor(panels, 1, [&](int64_t begin, int64_t end) {
        for (int64_t p = begin; p < end; ++p)
            HWY_DYNAMIC_DISPATCH(packPanel)(w, kernel, p, panels, width, packed);
    });
}

}  // namespace bireme::cpu
#endif
