// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "tensor/half.h"

#include <cstdint>
#include <type_traits>

namespace bireme::cpu {

enum class Fold : int { sum, product, maximum, minimum };

// Vector code over rows of floats, for this machine's instruction set. Rows may overlap only where
// said.
struct RowFunctions {
    // All elements of a row folded into one.
    float (*fold)(Fold f, const float* x, int64_t n);
    // out[i] = fold over rows r of x[r * stride + i], and over what `out` holds already unless
    // `first`.
    void (*foldRows)(Fold f, const float* x, int64_t rows, int64_t stride, float* out, int64_t n,
                     bool first);
    // out[i] = fold over taps t of taps[t][i], times factor.
    void (*foldTaps)(Fold f, const float* const* taps, int64_t count, float* out, int64_t n,
                     float factor);
    // out[i] = sum over taps t of weights[t] * taps[t][i].
    void (*mixTaps)(const float* const* taps, const float* weights, int64_t count, float* out,
                    int64_t n);
    // out[i] = bias[i] + sum over taps t of weights[t][i] * taps[t][i], clipped; a null bias is 0.
    void (*mixTapsEach)(const float* const* taps, const float* const* weights, int64_t count,
                        const float* bias, float low, float high, float* out, int64_t n);
    void (*scale)(float* x, int64_t n, float factor);
    // Sum of (x[i] - mean)^2.
    float (*squares)(const float* x, int64_t n, float mean);
    // y = exp(x - max(x)) / sum, or x - max(x) - log(sum); y may be x.
    void (*softmax)(const float* x, float* y, int64_t n, bool log);
    // y = exp(s - max(s)) of s = x * scale + add, where a null `add` is 0; returns the sum of y. x
    // is lost, and y may be x. Where all of s are -inf, y is 0 with `zeroHidden`, and the sum 1.
    float (*weigh)(float* x, float scale, const float* add, float* y, int64_t n, bool zeroHidden);
    // As softmax, down `rows` rows for each of n columns; n is at most kColumns.
    void (*softmaxColumns)(const float* x, float* y, int64_t rows, int64_t stride, int64_t n,
                           bool log);
    // y = (x - mean) * inverse * scale[i * scaleStep] + bias[i * biasStep]; steps are 0 or 1, null
    // is 1 or 0.
    void (*normalize)(const float* x, float* y, int64_t n, float mean, float inverse,
                      const float* scale, int scaleStep, const float* bias, int biasStep);
    // y[i] += sum over k of x[k] * m[k * n + i]: a row times a matrix.
    void (*rowTimesMatrix)(const float* x, const float* m, int64_t rows, int64_t n, float* y);
    static constexpr int64_t kColumns = 128;
};

const RowFunctions& rowFunctions();

// Rows of a product of bf16 while they are floats, `step` elements apart; and what happens to them:
// + bias, + residual (its rows `residualStep` apart), clipped, times its sigmoid.
struct FloatRows {
    float* data = nullptr;
    int64_t step = 0, rows = 0, n = 0;
};
struct BrainEnd {
    const float* bias = nullptr;
    const BFloat16* residual = nullptr;
    int64_t residualStep = 0;
    bool clip = false;
    float low = 0, high = 0;
    bool swish = false;
};

// The same over rows of bf16: computed in floats, results rounded once where they are stored.
struct BrainRowFunctions {
    float (*fold)(Fold f, const BFloat16* x, int64_t n);
    void (*foldRows)(Fold f, const BFloat16* x, int64_t rows, int64_t stride, float* out, int64_t n,
                     bool first);
    void (*foldTaps)(Fold f, const BFloat16* const* taps, int64_t count, BFloat16* out, int64_t n,
                     float factor);
    void (*mixTaps)(const BFloat16* const* taps, const float* weights, int64_t count, BFloat16* out,
                    int64_t n);
    void (*mixTapsEach)(const BFloat16* const* taps, const float* const* weights, int64_t count,
                        const float* bias, float low, float high, float* out, int64_t n);
    // y = a + b; a null b is 0.
    void (*widen)(const BFloat16* a, const BFloat16* b, float* y, int64_t n);
    void (*narrow)(const float* x, BFloat16* y, int64_t n);
    // y = x * scale + shift, clipped; null is 1 or 0, and y may be any of them.
    void (*affineClipped)(const BFloat16* x, const BFloat16* scale, const BFloat16* shift,
                          float low, float high, BFloat16* y, int64_t n);
    void (*times)(const BFloat16* x, const float* factors, BFloat16* y, int64_t n);
    void (*narrowScaled)(const float* x, float factor, BFloat16* y, int64_t n);
    float (*weigh)(float* x, float scale, const float* add, BFloat16* y, int64_t n,
                   bool zeroHidden);
    void (*finish)(const FloatRows& x, const BrainEnd& end);  // in place
    void (*finishNarrow)(const FloatRows& x, const BrainEnd& end, BFloat16* y, int64_t yStep);
    void (*normalize)(const float* x, BFloat16* y, int64_t n, float mean, float inverse,
                      const BFloat16* scale, int scaleStep, const BFloat16* bias, int biasStep);
};
const BrainRowFunctions& brainRowFunctions();

// Those for elements of a type.
template <typename T>
const auto& rowsOf() {
    if constexpr (std::is_same_v<T, BFloat16>)
        return brainRowFunctions();
    else
        return rowFunctions();
}

}  // namespace bireme::cpu
