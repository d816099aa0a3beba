// SPDX-License-Identifier: Apache-2.0
#include "ops/resample.h"

#include "ir/eval.h"
#include "ir/infer.h"
#include "ops/support/arguments.h"
#include "ops/support/axis_view.h"

#include <algorithm>
#include <cmath>

namespace bireme::ops {

static std::vector<int> axesOf(const ir::InferContext& c, const Resample& op, int rank) {
    std::vector<int> axes = distinctAxes(c, op.axes, rank);
    for (int d = 0; op.axes.empty() && d < rank; ++d) axes.push_back(d);
    return axes;
}

static void infer(const Resample& op, ir::InferContext& c) {
    const TensorDesc& x = c.in(0);
    auto axes = axesOf(c, op, x.rank());
    c.require(op.mode == "nearest" || op.mode == "linear" || op.mode == "cubic", "mode \"", op.mode,
              "\" of resample is unknown");
    c.require(c.has(2) != c.has(3), "resample takes either scales or sizes");
    c.out(0) = x;
    int list = c.has(3) ? 3 : 2;
    c.require(c.in(list).rank() == 1 && c.in(list).dims[0].valueOr(static_cast<int64_t>(
                                            axes.size())) == static_cast<int64_t>(axes.size()),
              c.in(list).text(), " does not fit ", axes.size(), " axes");
    DimVector sizes;
    if (c.has(3) && op.aspect == "stretch") sizes = listArgument(c, 3, {}, "sizes", {0, INT32_MAX});
    std::vector<float> scales = c.has(2) ? c.constantFloats(2) : std::vector<float>{};
    for (size_t k = 0; k < axes.size(); ++k) {
        Dim& d = c.out(0).dims[static_cast<size_t>(axes[k])];
        if (!sizes.empty())
            d = sizes[k];
        else if (!scales.empty() && d.isStatic())
            d = Dim(static_cast<int64_t>(std::floor(static_cast<float>(d.value()) * scales[k])));
        else
            d = c.stepExtent(0, axes[k], Dim(INT64_MAX));
    }
}

namespace {

// How one axis is read.
struct Axis {
    int64_t in = 0, out = 0;
    double scale = 1, start = 0, end = 1;  // start and end of the region
};

double source(const Resample& op, const Axis& a, int64_t o) {
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

struct Taps {
    std::vector<int64_t> at;
    std::vector<double> weight;
    bool outside = false;
};

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

Taps tapsAt(const Resample& op, const Axis& a, int64_t o) {
    Taps t;
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

std::vector<double> along(const Resample& op, const std::vector<double>& x, const AxisView& view,
                          const Axis& a) {
    std::vector<double> y(static_cast<size_t>(view.outer * a.out * view.inner));
    for (int64_t i = 0; i < a.out; ++i) {
        Taps t = tapsAt(op, a, i);
        for (int64_t o = 0; o < view.outer; ++o)
            for (int64_t k = 0; k < view.inner; ++k) {
                double sum = t.outside ? static_cast<double>(op.outside) : 0;
                for (size_t j = 0; !t.outside && j < t.at.size(); ++j)
                    sum +=
                        t.weight[j] * x[static_cast<size_t>((o * a.in + t.at[j]) * view.inner + k)];
                y[static_cast<size_t>((o * a.out + i) * view.inner + k)] = sum;
            }
    }
    return y;
}

std::vector<Axis> axesFor(const Resample& op, ir::EvalContext& c) {
    std::vector<Axis> all(c.dims(0).size());
    for (size_t d = 0; d < all.size(); ++d) all[d].in = all[d].out = c.dims(0)[d];
    std::vector<int64_t> axes = op.axes, sizes = c.has(3) ? c.ints(3) : std::vector<int64_t>{};
    for (size_t d = 0; op.axes.empty() && d < all.size(); ++d)
        axes.push_back(static_cast<int64_t>(d));
    auto scales = c.has(2) ? c.read<float>(2) : std::span<const float>{};
    auto region = c.has(1) ? c.read<double>(1) : std::span<const double>{};
    size_t n = axes.size();
    double common = 0;
    for (size_t k = 0; k < n; ++k) {
        Axis& a = all[static_cast<size_t>(axes[k] < 0 ? axes[k] + c.rank(0) : axes[k])];
        if (!scales.empty()) {
            c.require(scales[k] > 0, "scale ", scales[k], " of resample must be positive");
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
        Axis& a = all[static_cast<size_t>(axes[k] < 0 ? axes[k] + c.rank(0) : axes[k])];
        a.scale = common;
        a.out = static_cast<int64_t>(std::floor(common * static_cast<double>(a.in) + 0.5));
    }
    return all;
}

}  // namespace

static void eval(const Resample& op, ir::EvalContext& c) {
    std::vector<Axis> axes = axesFor(op, c);
    std::vector<int64_t> dims = c.dims(0), result;
    for (const Axis& a : axes) result.push_back(a.out);
    c.resize(0, result);
    auto in = c.read<double>(0);
    std::vector<double> x(in.begin(), in.end());
    c.require(!x.empty() || c.outCount(0) == 0, "cannot resize an empty tensor");
    bool region = op.coordinates == "tf_crop_and_resize";
    for (size_t d = dims.size(); d-- > 0;) {
        const Axis& a = axes[d];
        if (a.in == a.out && a.scale == 1 && !(region && (a.start != 0 || a.end != 1))) continue;
        x = along(op, x, AxisView(dims, static_cast<int64_t>(d)), a);
        dims[d] = a.out;
    }
    auto y = c.write<double>(0);
    std::copy(x.begin(), x.end(), y.begin());
}

BIREME_OP(resample, Resample,
          {.inputs = 1,
           .maxInputs = 4,
           .traits = ir::kDataDependent,
           .infer = infer,
           .eval = eval,
           .doc = "Resize with antialiasing, regions, aspect ratios and scales that are data."})

}  // namespace bireme::ops
