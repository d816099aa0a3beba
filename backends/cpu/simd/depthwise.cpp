// SPDX-License-Identifier: Apache-2.0
#include "backends/cpu/simd/targets.h"

#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "backends/cpu/simd/depthwise.cpp"
#include <hwy/foreach_target.h>
// The order matters: foreach_target.h before highway.h.
#include "backends/cpu/simd/brain-inl.h"
#include "backends/cpu/simd/depthwise.h"
#include "backends/cpu/simd/independent.h"
#include "backends/cpu/simd/math-inl.h"

#include <algorithm>
#include <cstring>
#include <type_traits>

HWY_BEFORE_NAMESPACE();
namespace bireme::cpu::HWY_NAMESPACE {

constexpr int kPixels = 4;  // of a line, at once

// `low` holds the slopes of a prelu.
template <DepthwiseEnd kEnd, typename T>
HWY_INLINE VF finishPixel(VF v, VF low, VF high) {
    if constexpr (kEnd == DepthwiseEnd::clip) return hn::Min(high, hn::Max(low, v));
    if constexpr (kEnd == DepthwiseEnd::swish)
        return std::is_same_v<T, BFloat16> ? nearSwishOf(v) : hn::Mul(v, sigmoidOf(v));
    if constexpr (kEnd == DepthwiseEnd::hardSwish)
        return hn::Mul(v, hn::Max(num(0.f), hn::Min(num(1.f), hn::MulAdd(low, v, high))));
    if constexpr (kEnd == DepthwiseEnd::prelu)
        return hn::IfThenElse(hn::Lt(v, num(0.f)), hn::Mul(v, low), v);
    return v;
}

// A vector of channels of some pixels: `pixels` holds where the input of each line of the window
// lies.
template <int kWindow, int kStride, typename T>
HWY_INLINE void sumTaps(const T* const* pixels, int64_t c, const float* weights, int64_t row,
                        VF start, VF* sum) {
    constexpr int kColumns = (kPixels - 1) * kStride + kWindow;
    BIREME_UNROLL
    for (int r = 0; r < kPixels; ++r) sum[r] = start;
    // A loop that stays one: else compilers finish one sum after the other and keep all else in
    // memory.
    BIREME_KEEP_LOOP
    for (int i = 0; i < kWindow; ++i) {
        VF in[kColumns];
        BIREME_UNROLL
        for (int j = 0; j < kColumns; ++j) in[j] = load(pixels[i * kColumns + j] + c);
        BIREME_UNROLL
        for (int j = 0; j < kWindow; ++j) {
            const VF w = load(weights + (i * kWindow + j) * row + c);
            BIREME_UNROLL
            for (int r = 0; r < kPixels; ++r) sum[r] = hn::MulAdd(w, in[r * kStride + j], sum[r]);
        }
    }
}

template <int kWindow, int kStride, DepthwiseEnd kEnd, typename T>
void line(const Depthwise& d, const T* x, const T* zeros, const float* weights, const float* bias,
          int64_t at, T* y) {
    constexpr int kColumns = (kPixels - 1) * kStride + kWindow;
    const auto lanes = static_cast<int64_t>(hn::Lanes(DF()));
    VF low = num(d.low);
    const VF high = num(d.high);
    for (int64_t first = 0; first < d.outWidth; first += kPixels) {
        const int64_t have = std::min<int64_t>(kPixels, d.outWidth - first);
        const T* pixels[kWindow * kColumns];
        for (int i = 0; i < kWindow; ++i) {
            const int64_t l = at * kStride - d.top + i;
            const bool inside = l >= 0 && l < d.height;
            for (int j = 0; j < kColumns; ++j) {
                const int64_t column = first * kStride - d.left + j;
                pixels[i * kColumns + j] = inside && column >= 0 && column < d.width
                                               ? x + l * d.xLine + column * d.xPixel
                                               : zeros;
            }
        }
        T* to = y + first * d.yPixel;
        int64_t c = 0;
        for (; c + lanes <= d.channels; c += lanes) {
            if constexpr (kEnd == DepthwiseEnd::prelu) low = load(d.slopes + c);
            VF sum[kPixels];
            sumTaps<kWindow, kStride>(pixels, c, weights, d.row(), bias ? load(bias + c) : num(0.f),
                                      sum);
            BIREME_UNROLL
            for (int r = 0; r < kPixels; ++r)
                if (r < have) store(finishPixel<kEnd, T>(sum[r], low, high), to + r * d.yPixel + c);
        }
        if (c == d.channels) continue;
        // The last channels through buffers.
        const size_t rest = static_cast<size_t>(d.channels - c) * sizeof(T);
        HWY_ALIGN T in[kWindow * kColumns][HWY_MAX_BYTES / sizeof(float)] = {};
        HWY_ALIGN T out[HWY_MAX_BYTES / sizeof(float)];
        const T* buffers[kWindow * kColumns];
        for (int i = 0; i < kWindow * kColumns; ++i) {
            std::memcpy(in[i], pixels[i] + c, rest);
            buffers[i] = in[i];
        }
        if constexpr (kEnd == DepthwiseEnd::prelu) low = load(d.slopes + c);
        VF sum[kPixels];
        sumTaps<kWindow, kStride>(buffers, 0, weights + c, d.row(),
                                  bias ? load(bias + c) : num(0.f), sum);
        for (int r = 0; r < kPixels; ++r) {
            if (r >= have) break;
            store(finishPixel<kEnd, T>(sum[r], low, high), out);
            std::memcpy(to + r * d.yPixel + c, out, rest);
        }
    }
}

template <int kWindow, int kStride, typename T>
void lineByEnd(const Depthwise& d, const void* x, const void* zeros, const float* weights,
               const float* bias, int64_t at, void* y) {
    auto call = [&](auto f) {
        f(d, static_cast<const T*>(x), static_cast<const T*>(zeros), weights, bias, at,
          static_cast<T*>(y));
    };
    switch (d.end) {
        case DepthwiseEnd::none: return call(line<kWindow, kStride, DepthwiseEnd::none, T>);
        case DepthwiseEnd::clip: return call(line<kWindow, kStride, DepthwiseEnd::clip, T>);
        case DepthwiseEnd::swish: return call(line<kWindow, kStride, DepthwiseEnd::swish, T>);
        case DepthwiseEnd::hardSwish:
            return call(line<kWindow, kStride, DepthwiseEnd::hardSwish, T>);
        case DepthwiseEnd::prelu: return call(line<kWindow, kStride, DepthwiseEnd::prelu, T>);
    }
}

template <typename T>
void lineOf(const Depthwise& d, const void* x, const void* zeros, const float* weights,
            const float* bias, int64_t at, void* y) {
    auto* f = d.window == 3   ? (d.stride == 1 ? lineByEnd<3, 1, T> : lineByEnd<3, 2, T>)
              : d.window == 5 ? (d.stride == 1 ? lineByEnd<5, 1, T> : lineByEnd<5, 2, T>)
                              : (d.stride == 1 ? lineByEnd<7, 1, T> : lineByEnd<7, 2, T>);
    f(d, x, zeros, weights, bias, at, y);
}
void lineHere(const Depthwise& d, const void* x, const void* zeros, const float* weights,
              const float* bias, int64_t at, void* y) {
    (d.brain ? lineOf<BFloat16> : lineOf<float>)(d, x, zeros, weights, bias, at, y);
}

}  // namespace bireme::cpu::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();

#if HWY_ONCE

namespace bireme::cpu {

HWY_EXPORT(lineHere);

void depthwiseLine(const Depthwise& d, const void* x, const void* zeros, const float* weights,
                   const float* bias, int64_t line, void* y) noexcept {
    HWY_DYNAMIC_DISPATCH(lineHere)(d, x, zeros, weights, bias, line, y);
}

}  // namespace bireme::cpu
#endif
