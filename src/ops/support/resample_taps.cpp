// SPDX-License-Identifier: Apache-2.0
#include "ops/support/resample_taps.h"

#include "base/status.h"
#include "base/text.h"

#include <algorithm>
#include <cmath>

namespace bireme::ops {

namespace {

double source(const Resample& op, const ResampleAxis& a, int64_t o) {
    auto x = static_cast<double>(o), in = static_cast<double>(a.in), width = a.scale * in;
    if (op.coordinates == "align_corners") return width == 1 ? 0 : x * (in - 1) / (width - 1);
    if (op.coordinates == "asymmetric") return x / a.scale;
    if (op.coordinates == "tf_crop_and_resize") {
        double region = (a.end - a.start) * (in - 1);
        return (width == 1 ? region / 2 : x * region / (width - 1)) + a.start * (in - 1);
    }
    if (op.coordinates == "pytorch_half_pixel" && width == 1) return -0.5;
    double half = (x + 0.5) / a.scale - 0.5;
    if (op.coordinates != "half_pixel_symmetric") return half;
    return in / 2 * (1 - static_cast<double>(a.out) / width) + half;
}

double linear(double d) { return std::max(0.0, 1 - std::fabs(d)); }

// Keys' kernel.
double cubic(double a, double d) {
    d = std::fabs(d);
    if (d <= 1) return ((a + 2) * d - (a + 3)) * d * d + 1;
    return d < 2 ? ((a * d - 5 * a) * d + 8 * a) * d - 4 * a : 0;
}

int64_t nearest(const Resample& op, double x) {
    if (op.rounding == "floor") return static_cast<int64_t>(std::floor(x));
    if (op.rounding == "ceil") return static_cast<int64_t>(std::ceil(x));
    bool floor = op.rounding == "round_prefer_floor";
    return static_cast<int64_t>(floor ? std::ceil(x - 0.5) : std::floor(x + 0.5));
}

ResampleTaps tapsAt(const Resample& op, const ResampleAxis& a, int64_t o) {
    ResampleTaps t;
    double x = source(op, a, o);
    t.outside =
        op.coordinates == "tf_crop_and_resize" && (x < 0 || x > static_cast<double>(a.in - 1));
    auto clamped = [&](int64_t i) { return std::clamp<int64_t>(i, 0, a.in - 1); };
    if (op.mode == "nearest") {
        t.at = {clamped(nearest(op, x))};
        t.weight = {1};
        return t;
    }
    // When shrinking, an antialiased kernel is as wide as the step.
    double stretch = op.antialias ? std::min(a.scale, 1.0) : 1;
    double reach = (op.mode == "cubic" ? 2 : 1) / stretch;
    double total = 0;
    for (auto i = static_cast<int64_t>(std::ceil(x - reach)); static_cast<double>(i) <= x + reach;
         ++i) {
        double d = (static_cast<double>(i) - x) * stretch;
        double w =
            op.mode == "cubic" ? cubic(static_cast<double>(op.cubicCoefficient), d) : linear(d);
        if (op.excludeOutside && (i < 0 || i >= a.in)) w = 0;
        t.at.push_back(clamped(i));
        t.weight.push_back(w);
        total += w;
    }
    for (double& w : t.weight)
        if ((op.excludeOutside || op.antialias) && total != 0) w /= total;
    return t;
}

}  // namespace

bool ResampleAxis::isIdentity(const Resample& op) const {
    const bool region = op.coordinates == "tf_crop_and_resize" && (start != 0 || end != 1);
    return in == out && scale == 1 && !region;
}

std::vector<ResampleAxis> resampleAxes(const Resample& op, const std::vector<int64_t>& dims,
                                       std::span<const float> scales,
                                       const std::vector<int64_t>& sizes,
                                       std::span<const double> region) {
    std::vector<ResampleAxis> all(dims.size());
    for (size_t d = 0; d < all.size(); ++d) all[d].in = all[d].out = dims[d];
    std::vector<int64_t> axes = op.axes;
    const auto rank = static_cast<int64_t>(dims.size());
    for (size_t d = 0; op.axes.empty() && d < all.size(); ++d)
        axes.push_back(static_cast<int64_t>(d));
    size_t n = axes.size();
    double common = 0;
    for (size_t k = 0; k < n; ++k) {
        ResampleAxis& a = all[static_cast<size_t>(axes[k] < 0 ? axes[k] + rank : axes[k])];
        if (!scales.empty()) {
            if (!(scales[k] > 0))
                fail(ErrorCode::kFAILED_EXECUTION,
                     cat("scale ", scales[k], " of resample must be positive"));
            a.out = static_cast<int64_t>(std::floor(static_cast<float>(a.in) * scales[k]));
            a.scale = static_cast<double>(scales[k]);
        } else {
            a.out = sizes[k];
            a.scale = a.in ? static_cast<double>(a.out) / static_cast<double>(a.in) : 1;
        }
        bool larger = op.aspect == "not_smaller";
        common = k == 0 ? a.scale : larger ? std::max(common, a.scale) : std::min(common, a.scale);
        if (region.size() == 2 * n) a.start = region[k], a.end = region[k + n];
    }
    for (size_t k = 0; op.aspect != "stretch" && scales.empty() && k < n; ++k) {
        ResampleAxis& a = all[static_cast<size_t>(axes[k] < 0 ? axes[k] + rank : axes[k])];
        a.scale = common;
        a.out = static_cast<int64_t>(std::floor(common * static_cast<double>(a.in) + 0.5));
    }
    return all;
}

std::vector<ResampleTaps> resampleTaps(const Resample& op, const ResampleAxis& axis) {
    std::vector<ResampleTaps> taps;
    for (int64_t o = 0; o < axis.out; ++o) taps.push_back(tapsAt(op, axis, o));
    return taps;
}

}  // namespace bireme::ops
