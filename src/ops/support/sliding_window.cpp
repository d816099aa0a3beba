// SPDX-License-Identifier: Apache-2.0
#include "ops/support/sliding_window.h"

namespace bireme::ops {

static int64_t at(const std::vector<int64_t>& v, size_t i, int64_t fallback) {
    return v.empty() ? fallback : v[i];
}

static void check(const std::vector<int64_t>& v, size_t spatial, int64_t least, const char* what) {
    if (!v.empty() && v.size() != spatial)
        failInvalid(cat(what, " has ", v.size(), " values, the input has ", spatial,
                        " spatial dimensions"));
    for (int64_t x : v)  // the upper limit keeps all arithmetic far from overflow
        if (x < least || x > INT32_MAX)
            failInvalid(cat(what, " is ", x, ", it must be at least ", least, " and fit int32"));
}

static std::vector<WindowAxis> axesOf(const WindowAttributes& a, const DimVector& input,
                                      const DimVector& window) {
    size_t n = input.size();
    if (n < 1 || n > 3)
        failInvalid(cat("1 to 3 spatial dimensions are supported, the input has ", n));
    if (window.size() != n)
        failInvalid(cat("the window has ", window.size(), " dimensions, the input has ", n,
                        " spatial ones"));
    check(a.stride, n, 1, "stride");
    check(a.before, n, 0, "padding before");
    check(a.after, n, 0, "padding after");
    check(a.dilation, n, 1, "dilation");
    std::vector<WindowAxis> axes(n);
    for (size_t i = 0; i < n; ++i) {
        axes[i] = {input[i],
                   window[i],
                   Dim(0),
                   Dim(at(a.before, i, 0)),
                   Dim(at(a.after, i, 0)),
                   at(a.stride, i, 1),
                   at(a.dilation, i, 1)};
        if (!window[i].isStatic()) continue;
        int64_t w = window[i].value();
        if (w < 1 || w > INT32_MAX) failInvalid(cat("the window has extent ", w));
    }
    return axes;
}

static bool isSame(PaddingMode m) {
    return m == PaddingMode::kSAME_UPPER || m == PaddingMode::kSAME_LOWER;
}

static void splitPadding(WindowAxis& x, const Dim& total, PaddingMode m) {
    Dim half = floorDiv(total, Dim(2));
    x.before = m == PaddingMode::kSAME_UPPER ? half : total - half;
    x.after = total - x.before;
}

// Both explicit modes; SAME makes as many windows as strides fit and pads for them.
static void slide(WindowAxis& x, PaddingMode mode) {
    Dim s(x.stride), reach = x.reach();
    if (isSame(mode)) {
        x.output = ceilDiv(x.input, s);
        splitPadding(x, max(floorDiv(x.input - Dim(1), s) * s + reach - x.input, Dim(0)), mode);
        return;
    }
    Dim room = x.input + x.before + x.after - reach;
    if (room.isStatic() && room.value() < 0)
        failInvalid(cat("a window of ", reach.text(), " does not fit into ", x.input.text(),
                        " plus padding ", x.before.text(), " and ", x.after.text()));
    x.output =
        (mode == PaddingMode::kEXPLICIT_ROUND_UP ? ceilDiv(room, s) : floorDiv(room, s)) + Dim(1);
}

std::vector<WindowAxis> convolutionAxes(const WindowAttributes& a, const DimVector& input,
                                        const DimVector& window) {
    auto axes = axesOf(a, input, window);
    for (auto& x : axes) slide(x, a.mode);
    return axes;
}

std::vector<WindowAxis> poolingAxes(const WindowAttributes& a, const DimVector& input,
                                    const DimVector& window) {
    auto axes = convolutionAxes(a, input, window);
    if (a.mode != PaddingMode::kEXPLICIT_ROUND_UP) return axes;
    for (auto& x : axes) {
        Dim surplus =
            Dim(x.stride) + x.after - x.reach();  // not above 0: no window starts too late
        if (!surplus.isStatic() || surplus.value() > 0)
            x.output = min(x.output, ceilDiv(x.input + x.before, Dim(x.stride)));
    }
    return axes;
}

std::vector<WindowAxis> deconvolutionAxes(const WindowAttributes& a, const DimVector& input,
                                          const DimVector& window) {
    auto axes = axesOf(a, input, window);
    if (a.outputPadding) check(*a.outputPadding, axes.size(), 0, "output padding");
    for (size_t i = 0; i < axes.size(); ++i) {
        WindowAxis& x = axes[i];
        Dim s(x.stride), full = (x.input - Dim(1)) * s + x.reach();
        if (isSame(a.mode)) {
            x.output = min(x.input * s, full);
            splitPadding(x, max(x.reach() - s, Dim(0)), a.mode);
        } else {
            x.output = full - x.before - x.after;
        }
        if (a.outputPadding) x.output += Dim(at(*a.outputPadding, i, 0));
        if (x.output.isStatic() && x.output.value() < 0)
            failInvalid(cat("padding ", x.before.text(), " and ", x.after.text(),
                            " trims more than the ", full.text(), " there are"));
    }
    return axes;
}

DimVector spatialDims(const DimVector& dims) {
    return dims.size() < 2 ? DimVector{} : DimVector(dims.begin() + 2, dims.end());
}

WindowGrid::WindowGrid(const std::vector<WindowAxis>& axes) {
    size_t shift = 3 - axes.size();
    for (size_t i = 0; i < axes.size(); ++i) {
        const WindowAxis& x = axes[i];
        size_t k = shift + i;
        input[k] = x.input.value(), window[k] = x.window.value(), output[k] = x.output.value();
        before[k] = x.before.value(), after[k] = x.after.value();
        stride[k] = x.stride, dilation[k] = x.dilation;
    }
}

}  // namespace bireme::ops
