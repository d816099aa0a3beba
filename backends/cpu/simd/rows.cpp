// SPDX-License-Identifier: Apache-2.0
// Reductions, softmax and normalisation over rows, one set per instruction set.
#include "backends/cpu/simd/targets.h"

#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "backends/cpu/simd/rows.cpp"
#include <hwy/foreach_target.h>
// The order matters: foreach_target.h before highway.h.
#include "backends/cpu/simd/brain-inl.h"
#include "backends/cpu/simd/math-inl.h"
#include "backends/cpu/simd/rows.h"

#include <algorithm>
#include <cmath>
#include <cstring>
#include <limits>

HWY_BEFORE_NAMESPACE();
namespace bireme::cpu::HWY_NAMESPACE {

struct Add {
    static VF identity() { return num(0.f); }
    static float scalarIdentity() { return 0.f; }
    static VF apply(VF a, VF b) { return hn::Add(a, b); }
    static float scalar(float a, float b) { return a + b; }
};
struct Mul {
    static VF identity() { return num(1.f); }
    static float scalarIdentity() { return 1.f; }
    static VF apply(VF a, VF b) { return hn::Mul(a, b); }
    static float scalar(float a, float b) { return a * b; }
};
// A NaN wins, from either side.
struct Max {
    static VF identity() { return num(-std::numeric_limits<float>::infinity()); }
    static float scalarIdentity() { return -std::numeric_limits<float>::infinity(); }
    static VF apply(VF a, VF b) {
        return hn::IfThenElse(hn::IsNaN(a), a, hn::IfThenElse(hn::Gt(a, b), a, b));
    }
    static float scalar(float a, float b) { return a != a ? a : a > b ? a : b; }
};
struct Min {
    static VF identity() { return num(std::numeric_limits<float>::infinity()); }
    static float scalarIdentity() { return std::numeric_limits<float>::infinity(); }
    static VF apply(VF a, VF b) {
        return hn::IfThenElse(hn::IsNaN(a), a, hn::IfThenElse(hn::Lt(a, b), a, b));
    }
    static float scalar(float a, float b) { return a != a ? a : a < b ? a : b; }
};

template <class F>
HWY_INLINE void byFold(Fold f, F&& call) {
    switch (f) {
        case Fold::sum: return call(Add());
        case Fold::product: return call(Mul());
        case Fold::maximum: return call(Max());
        case Fold::minimum: return call(Min());
    }
}

HWY_INLINE int64_t lanes() { return static_cast<int64_t>(hn::Lanes(DF())); }

template <class Op>
HWY_INLINE float horizontal(VF v) {
    const DF d;
    v = Op::apply(v, hn::Reverse2(d, v));
    v = Op::apply(v, hn::Reverse4(d, v));
    if constexpr (HWY_MAX_BYTES >= 32) v = Op::apply(v, hn::Reverse8(d, v));
    if constexpr (HWY_MAX_BYTES >= 64) v = Op::apply(v, hn::Reverse(d, v));
    return hn::GetLane(v);
}

template <class Op, class T, class Map>
HWY_INLINE float foldMapped(const T* x, int64_t n, Map map) {
    const int64_t step = lanes();
    VF a = Op::identity(), b = a, c = a, e = a;
    int64_t i = 0;
    for (; i + 4 * step <= n; i += 4 * step) {
        a = Op::apply(a, map(load(x + i)));
        b = Op::apply(b, map(load(x + i + step)));
        c = Op::apply(c, map(load(x + i + 2 * step)));
        e = Op::apply(e, map(load(x + i + 3 * step)));
    }
    for (; i + step <= n; i += step) a = Op::apply(a, map(load(x + i)));
    float r = horizontal<Op>(Op::apply(Op::apply(a, b), Op::apply(c, e)));
    for (; i < n; ++i) r = Op::scalar(r, hn::GetLane(map(num(static_cast<float>(x[i])))));
    return r;
}

template <class T>
float foldRow(Fold f, const T* x, int64_t n) {
    float r = 0;
    byFold(f, [&](auto op) HWY_ATTR {
        r = foldMapped<decltype(op)>(x, n, [](VF v) HWY_ATTR { return v; });
    });
    return r;
}

float squaresOf(const float* x, int64_t n, float mean) {
    const VF m = num(mean);
    return foldMapped<Add>(x, n, [=](VF v) HWY_ATTR {
        const VF d = hn::Sub(v, m);
        return hn::Mul(d, d);
    });
}

template <class Op, class T>
HWY_INLINE void foldRowsBy(const T* x, int64_t rows, int64_t stride, float* out, int64_t n,
                           bool first) {
    const DF d;
    const int64_t step = lanes();
    int64_t i = 0;
    for (; i + 4 * step <= n; i += 4 * step) {
        VF a = first ? Op::identity() : hn::LoadU(d, out + i),
           b = first ? a : hn::LoadU(d, out + i + step);
        VF c = first ? a : hn::LoadU(d, out + i + 2 * step),
           e = first ? a : hn::LoadU(d, out + i + 3 * step);
        const T* p = x + i;
        for (int64_t r = 0; r < rows; ++r, p += stride) {
            a = Op::apply(a, load(p));
            b = Op::apply(b, load(p + step));
            c = Op::apply(c, load(p + 2 * step));
            e = Op::apply(e, load(p + 3 * step));
        }
        hn::StoreU(a, d, out + i);
        hn::StoreU(b, d, out + i + step);
        hn::StoreU(c, d, out + i + 2 * step);
        hn::StoreU(e, d, out + i + 3 * step);
    }
    for (; i + step <= n; i += step) {
        VF a = first ? Op::identity() : hn::LoadU(d, out + i);
        const T* p = x + i;
        for (int64_t r = 0; r < rows; ++r, p += stride) a = Op::apply(a, load(p));
        hn::StoreU(a, d, out + i);
    }
    for (; i < n; ++i) {
        float a = first ? Op::scalarIdentity() : out[i];
        for (int64_t r = 0; r < rows; ++r) a = Op::scalar(a, static_cast<float>(x[r * stride + i]));
        out[i] = a;
    }
}

template <class T>
void foldRows(Fold f, const T* x, int64_t rows, int64_t stride, float* out, int64_t n, bool first) {
    byFold(f, [&](auto op) HWY_ATTR { foldRowsBy<decltype(op)>(x, rows, stride, out, n, first); });
}

// Calls row(i, width) for vectors of 4, then 1; tail(i) for what is left.
template <class Wide, class Tail>
HWY_INLINE void overRow(int64_t n, Wide wide, Tail tail) {
    const int64_t step = lanes();
    int64_t i = 0;
    for (; i + step <= n; i += step) wide(i);
    for (; i < n; ++i) tail(i);
}

template <class Op, class T>
HWY_INLINE void foldTapsBy(const T* const* taps, int64_t count, T* out, int64_t n, float factor) {
    const VF f = num(factor);
    overRow(
        n,
        [&](int64_t i) HWY_ATTR {
            VF a = load(taps[0] + i);
            for (int64_t t = 1; t < count; ++t) a = Op::apply(a, load(taps[t] + i));
            store(hn::Mul(a, f), out + i);
        },
        [&](int64_t i) {
            float a = static_cast<float>(taps[0][i]);
            for (int64_t t = 1; t < count; ++t) a = Op::scalar(a, static_cast<float>(taps[t][i]));
            out[i] = static_cast<T>(a * factor);
        });
}

template <class T>
void foldTaps(Fold f, const T* const* taps, int64_t count, T* out, int64_t n, float factor) {
    byFold(f, [&](auto op) HWY_ATTR { foldTapsBy<decltype(op)>(taps, count, out, n, factor); });
}

void widenRow(const BFloat16* a, const BFloat16* b, float* y, int64_t n) {
    overRow(
        n,
        [&](int64_t i) HWY_ATTR {
            const VF v = load(a + i);
            store(b ? hn::Add(v, load(b + i)) : v, y + i);
        },
        [&](int64_t i) { y[i] = static_cast<float>(a[i]) + (b ? static_cast<float>(b[i]) : 0.f); });
}

void narrowRow(const float* x, BFloat16* y, int64_t n) {
    overRow(
        n, [&](int64_t i) HWY_ATTR { store(load(x + i), y + i); },
        [&](int64_t i) { y[i] = BFloat16(x[i]); });
}

template <bool kScales, bool kShifts>
HWY_INLINE void affineClippedBy(const BFloat16* x, const BFloat16* scale, const BFloat16* shift,
                                float low, float high, BFloat16* y, int64_t n) {
    const VF least = num(low), most = num(high);
    for (int64_t i = 0; i < n; i += lanes()) {
        const auto have = static_cast<size_t>(std::min(lanes(), n - i));
        VF v = loadFirst(x + i, have);
        if (kScales) v = hn::Mul(v, loadFirst(scale + i, have));
        if (kShifts) v = hn::Add(v, loadFirst(shift + i, have));
        // The second operand wins where one is a NaN.
        storeFirst(hn::Min(most, hn::Max(least, v)), y + i, have);
    }
}
void affineClippedRow(const BFloat16* x, const BFloat16* scale, const BFloat16* shift, float low,
                      float high, BFloat16* y, int64_t n) {
    if (scale && shift)
        affineClippedBy<true, true>(x, scale, shift, low, high, y, n);
    else if (scale)
        affineClippedBy<true, false>(x, scale, shift, low, high, y, n);
    else
        affineClippedBy<false, true>(x, scale, shift ? shift : x, low, high, y, n);
}

void timesRow(const BFloat16* x, const float* factors, BFloat16* y, int64_t n) {
    overRow(
        n, [&](int64_t i) HWY_ATTR { store(hn::Mul(load(x + i), load(factors + i)), y + i); },
        [&](int64_t i) { y[i] = BFloat16(static_cast<float>(x[i]) * factors[i]); });
}
void narrowScaledRow(const float* x, float factor, BFloat16* y, int64_t n) {
    const VF f = num(factor);
    overRow(
        n, [&](int64_t i) HWY_ATTR { store(hn::Mul(load(x + i), f), y + i); },
        [&](int64_t i) { y[i] = BFloat16(x[i] * factor); });
}

template <typename T>
HWY_INLINE void finishTo(const FloatRows& p, const BrainEnd& e, T* y, int64_t yStep) {
    const VF low = num(e.low), high = num(e.high);
    for (int64_t r = 0; r < p.rows; ++r, y += yStep) {
        const float* x = p.data + r * p.step;
        const BFloat16* residual = e.residual ? e.residual + r * e.residualStep : nullptr;
        for (int64_t i = 0; i < p.n; i += lanes()) {
            const auto have = static_cast<size_t>(std::min(lanes(), p.n - i));
            VF v = loadFirst(x + i, have);
            if (e.bias) v = hn::Add(v, loadFirst(e.bias + i, have));
            if (residual) v = hn::Add(v, loadFirst(residual + i, have));
            if (e.clip) v = hn::Min(high, hn::Max(low, v));
            if (e.swish) v = nearSwishOf(v);
            storeFirst(v, y + i, have);
        }
    }
}
void finishRows(const FloatRows& x, const BrainEnd& e) { finishTo(x, e, x.data, x.step); }
void finishNarrowRows(const FloatRows& x, const BrainEnd& e, BFloat16* y, int64_t yStep) {
    finishTo(x, e, y, yStep);
}

template <class T>
void mixTaps(const T* const* taps, const float* weights, int64_t count, T* out, int64_t n) {
    overRow(
        n,
        [&](int64_t i) HWY_ATTR {
            VF a = hn::Mul(num(weights[0]), load(taps[0] + i));
            for (int64_t t = 1; t < count; ++t)
                a = hn::MulAdd(num(weights[t]), load(taps[t] + i), a);
            store(a, out + i);
        },
        [&](int64_t i) {
            float a = weights[0] * static_cast<float>(taps[0][i]);
            for (int64_t t = 1; t < count; ++t) a += weights[t] * static_cast<float>(taps[t][i]);
            out[i] = static_cast<T>(a);
        });
}

template <class T>
void mixTapsEach(const T* const* taps, const float* const* weights, int64_t count,
                 const float* bias, float low, float high, float* out, int64_t n) {
    const VF least = num(low), most = num(high);
    overRow(
        n,
        [&](int64_t i) HWY_ATTR {
            VF a = bias ? load(bias + i) : num(0.f);
            for (int64_t t = 0; t < count; ++t)
                a = hn::MulAdd(load(weights[t] + i), load(taps[t] + i), a);
            store(hn::Min(most, hn::Max(least, a)), out + i);
        },
        [&](int64_t i) {
            float a = bias ? bias[i] : 0.f;
            for (int64_t t = 0; t < count; ++t) a += weights[t][i] * static_cast<float>(taps[t][i]);
            out[i] = a < low ? low : a > high ? high : a;
        });
}

void scaleRow(float* x, int64_t n, float factor) {
    const DF d;
    const VF f = num(factor);
    overRow(
        n, [&](int64_t i) HWY_ATTR { hn::StoreU(hn::Mul(hn::LoadU(d, x + i), f), d, x + i); },
        [&](int64_t i) { x[i] *= factor; });
}

void softmaxRow(const float* x, float* y, int64_t n, bool log) {
    const DF d;
    const int64_t step = lanes();
    const float top = foldRow(Fold::maximum, x, n);
    const VF m = num(top);
    if (log) {
        float sum = foldMapped<Add>(x, n, [=](VF v) HWY_ATTR { return weightOf(hn::Sub(v, m)); });
        const float shift = top + std::log(sum);
        overRow(
            n,
            [&](int64_t i)
                HWY_ATTR { hn::StoreU(hn::Sub(hn::LoadU(d, x + i), num(shift)), d, y + i); },
            [&](int64_t i) { y[i] = x[i] - shift; });
        return;
    }
    VF a = num(0.f), b = a;
    int64_t i = 0;
    for (; i + 2 * step <= n; i += 2 * step) {
        const VF e = weightOf(hn::Sub(hn::LoadU(d, x + i), m)),
                 f = weightOf(hn::Sub(hn::LoadU(d, x + i + step), m));
        hn::StoreU(e, d, y + i);
        hn::StoreU(f, d, y + i + step);
        a = hn::Add(a, e);
        b = hn::Add(b, f);
    }
    float sum = horizontal<Add>(hn::Add(a, b));
    for (; i < n; ++i) {
        y[i] = hn::GetLane(weightOf(num(x[i] - top)));
        sum += y[i];
    }
    scaleRow(y, n, 1.f / sum);
}

// Rows of scores become weights in two passes: what they are, with their largest; exponentials,
// with their sum. A NaN among them makes the sum one.
template <bool kAdds>
HWY_INLINE VF largestScore(float* x, float scale, const float* add, int64_t n) {
    const DF d;
    const int64_t step = lanes();
    const VF s = num(scale), least = num(-std::numeric_limits<float>::infinity());
    auto score = [=](VF v, VF w) HWY_ATTR { return kAdds ? hn::MulAdd(v, s, w) : hn::Mul(v, s); };
    VF a = least, b = least;
    int64_t i = 0;
    for (; i + 2 * step <= n; i += 2 * step) {
        const float* w = kAdds ? add + i : x + i;
        const VF u = score(hn::LoadU(d, x + i), hn::LoadU(d, w)),
                 v = score(hn::LoadU(d, x + i + step), hn::LoadU(d, w + step));
        hn::StoreU(u, d, x + i);
        hn::StoreU(v, d, x + i + step);
        a = hn::Max(a, u);
        b = hn::Max(b, v);
    }
    for (; i < n; i += step) {
        const auto have = static_cast<size_t>(std::min(step, n - i));
        const VF u = score(loadFirst(x + i, have), loadFirst((kAdds ? add : x) + i, have));
        storeFirst(u, x + i, have);
        a = hn::Max(a, hn::IfThenElse(hn::FirstN(d, have), u, least));
    }
    return num(horizontal<Max>(hn::Max(a, b)));
}

template <typename T>
float weighRow(float* x, float scale, const float* add, T* y, int64_t n, bool zeroHidden) {
    const DF d;
    const int64_t step = lanes();
    const VF top =
        add ? largestScore<true>(x, scale, add, n) : largestScore<false>(x, scale, add, n);
    if (zeroHidden && hn::GetLane(top) == -std::numeric_limits<float>::infinity()) {
        std::fill(y, y + n, T(0.f));
        return 1;
    }
    VF a = num(0.f), b = a;
    int64_t i = 0;
    for (; i + 2 * step <= n; i += 2 * step) {
        const VF e = weightOf(hn::Sub(hn::LoadU(d, x + i), top)),
                 f = weightOf(hn::Sub(hn::LoadU(d, x + i + step), top));
        store(e, y + i);
        store(f, y + i + step);
        a = hn::Add(a, e);
        b = hn::Add(b, f);
    }
    for (; i < n; i += step) {
        const auto have = static_cast<size_t>(std::min(step, n - i));
        const VF e =
            hn::IfThenElseZero(hn::FirstN(d, have), weightOf(hn::Sub(loadFirst(x + i, have), top)));
        storeFirst(e, y + i, have);
        a = hn::Add(a, e);
    }
    return horizontal<Add>(hn::Add(a, b));
}

void softmaxColumns(const float* x, float* y, int64_t rows, int64_t stride, int64_t n, bool log) {
    const DF d;
    HWY_ALIGN float top[RowFunctions::kColumns], sum[RowFunctions::kColumns];
    foldRows(Fold::maximum, x, rows, stride, top, n, true);
    std::fill_n(sum, n, 0.f);
    for (int64_t r = 0; r < rows; ++r) {
        const float* p = x + r * stride;
        float* q = y + r * stride;
        overRow(
            n,
            [&](int64_t i) HWY_ATTR {
                const VF shifted = hn::Sub(hn::LoadU(d, p + i), hn::LoadU(d, top + i)),
                         e = weightOf(shifted);
                hn::StoreU(log ? shifted : e, d, q + i);
                hn::StoreU(hn::Add(hn::LoadU(d, sum + i), e), d, sum + i);
            },
            [&](int64_t i) HWY_ATTR {
                const float shifted = p[i] - top[i], e = hn::GetLane(weightOf(num(shifted)));
                q[i] = log ? shifted : e;
                sum[i] += e;
            });
    }
    for (int64_t i = 0; i < n; ++i) sum[i] = log ? std::log(sum[i]) : 1.f / sum[i];
    for (int64_t r = 0; r < rows; ++r) {
        float* q = y + r * stride;
        overRow(
            n,
            [&](int64_t i) HWY_ATTR {
                const VF v = hn::LoadU(d, q + i), s = hn::LoadU(d, sum + i);
                hn::StoreU(log ? hn::Sub(v, s) : hn::Mul(v, s), d, q + i);
            },
            [&](int64_t i) { q[i] = log ? q[i] - sum[i] : q[i] * sum[i]; });
    }
}

template <class T>
void normalizeRow(const float* x, T* y, int64_t n, float mean, float inverse, const T* scale,
                  int scaleStep, const T* bias, int biasStep) {
    const VF m = num(mean), inv = num(inverse),
             one = num(scale && !scaleStep ? static_cast<float>(*scale) : 1.f),
             none = num(bias && !biasStep ? static_cast<float>(*bias) : 0.f);
    overRow(
        n,
        [&](int64_t i) HWY_ATTR {
            const VF v = hn::Mul(hn::Sub(load(x + i), m), inv);
            const VF s = scaleStep ? load(scale + i) : one, b = biasStep ? load(bias + i) : none;
            store(hn::MulAdd(v, s, b), y + i);
        },
        [&](int64_t i) {
            const float v = (x[i] - mean) * inverse;
            y[i] = static_cast<T>(v * (scale ? static_cast<float>(scale[i * scaleStep]) : 1.f) +
                                  (bias ? static_cast<float>(bias[i * biasStep]) : 0.f));
        });
}

void rowTimesMatrix(const float* x, const float* m, int64_t rows, int64_t n, float* y) {
    const DF d;
    const int64_t step = lanes();
    int64_t i = 0;
    for (; i + 4 * step <= n; i += 4 * step) {
        VF a = hn::LoadU(d, y + i), b = hn::LoadU(d, y + i + step);
        VF c = hn::LoadU(d, y + i + 2 * step), e = hn::LoadU(d, y + i + 3 * step);
        const float* p = m + i;
        for (int64_t k = 0; k < rows; ++k, p += n) {
            const VF v = num(x[k]);
            a = hn::MulAdd(v, hn::LoadU(d, p), a);
            b = hn::MulAdd(v, hn::LoadU(d, p + step), b);
            c = hn::MulAdd(v, hn::LoadU(d, p + 2 * step), c);
            e = hn::MulAdd(v, hn::LoadU(d, p + 3 * step), e);
        }
        hn::StoreU(a, d, y + i);
        hn::StoreU(b, d, y + i + step);
        hn::StoreU(c, d, y + i + 2 * step);
        hn::StoreU(e, d, y + i + 3 * step);
    }
    for (; i < n; ++i)
        for (int64_t k = 0; k < rows; ++k) y[i] += x[k] * m[k * n + i];
}

RowFunctions table() {
    return {foldRow<float>,     foldRows<float>, foldTaps<float>,     mixTaps,
            mixTapsEach<float>, scaleRow,        squaresOf,           softmaxRow,
            weighRow<float>,    softmaxColumns,  normalizeRow<float>, rowTimesMatrix};
}

BrainRowFunctions brainTable() {
    return {foldRow<BFloat16>, foldRows<BFloat16>,    foldTaps<BFloat16>,
            mixTaps<BFloat16>, mixTapsEach<BFloat16>, widenRow,
            narrowRow,         affineClippedRow,      timesRow,
            narrowScaledRow,   weighRow<BFloat16>,    finishRows,
            finishNarrowRows,  normalizeRow<BFloat16>};
}

}  // namespace bireme::cpu::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();

#if HWY_ONCE
#include "backends/cpu/simd/dispatch.h"

namespace bireme::cpu {
HWY_EXPORT(table);
const RowFunctions& rowFunctions() {
    static const RowFunctions all = [] {
        capInstructionSets();
        return HWY_DYNAMIC_DISPATCH(table)();
    }();
    return all;
}

HWY_EXPORT(brainTable);
const BrainRowFunctions& brainRowFunctions() {
    static const BrainRowFunctions all = [] {
        capInstructionSets();
        return HWY_DYNAMIC_DISPATCH(brainTable)();
    }();
    return all;
}
}  // namespace bireme::cpu
#endif
