// SPDX-License-Identifier: Apache-2.0
#include "ops/support/resize_taps.h"

#include <algorithm>
#include <cmath>

namespace bireme::ops {

static float sourceCoordinate(const Resize& op, int64_t o, int64_t in, int64_t out, float scale) {
    if (out == 1 && op.selector == ResizeSelector::kUPPER) return 0;
    auto x = static_cast<float>(o);
    switch (op.coordinates) {
        case ResizeCoordinateTransformation::kALIGN_CORNERS:
            return out == 1 ? 0 : x * static_cast<float>(in - 1) / static_cast<float>(out - 1);
        case ResizeCoordinateTransformation::kASYMMETRIC: return x / scale;
        case ResizeCoordinateTransformation::kHALF_PIXEL: break;
    }
    return (x + 0.5f) / scale - 0.5f;
}

static int64_t rounded(ResizeRoundMode mode, float x) {
    switch (mode) {
        case ResizeRoundMode::kHALF_UP: return static_cast<int64_t>(std::floor(x + 0.5f));
        case ResizeRoundMode::kHALF_DOWN: return static_cast<int64_t>(std::ceil(x - 0.5f));
        case ResizeRoundMode::kCEIL: return static_cast<int64_t>(std::ceil(x));
        case ResizeRoundMode::kFLOOR: break;
    }
    return static_cast<int64_t>(std::floor(x));
}

// Keys' kernel with coefficient a at distance d < 2.
static float cubicWeight(float a, float d) {
    d = std::fabs(d);
    if (d <= 1) return ((a + 2) * d - (a + 3)) * d * d + 1;
    return d < 2 ? ((a * d - 5 * a) * d + 8 * a) * d - 4 * a : 0;
}

static Taps tapsAt(const Resize& op, float x, int64_t in) {
    Taps t;
    auto clamped = [in](int64_t i) { return std::clamp<int64_t>(i, 0, in - 1); };
    if (op.mode == InterpolationMode::kNEAREST) {
        t.index[0] = clamped(rounded(op.rounding, x));
        t.weight[0] = 1;
        return t;
    }
    auto base = static_cast<int64_t>(std::floor(x));
    float fraction = x - static_cast<float>(base);
    bool cubic = op.mode == InterpolationMode::kCUBIC;
    t.count = cubic ? 4 : 2;
    float total = 0;
    for (int k = 0; k < t.count; ++k) {
        int64_t i = cubic ? base - 1 + k : base + k;
        float distance = fraction - static_cast<float>(i - base);
        t.weight[k] = cubic ? cubicWeight(op.cubicCoefficient, distance) : 1 - std::fabs(distance);
        if (op.excludeOutside && (i < 0 || i >= in)) t.weight[k] = 0;
        t.index[k] = clamped(i);
        total += t.weight[k];
    }
    for (int k = 0; op.excludeOutside && total != 0 && k < t.count; ++k) t.weight[k] /= total;
    return t;
}

std::vector<Taps> resizeTaps(const Resize& op, int64_t in, int64_t out, float scale) {
    std::vector<Taps> taps;
    for (int64_t o = 0; o < out; ++o)
        taps.push_back(tapsAt(op, sourceCoordinate(op, o, in, out, scale), in));
    return taps;
}

}  // namespace bireme::ops
