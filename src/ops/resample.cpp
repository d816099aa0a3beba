// SPDX-License-Identifier: Apache-2.0
#include "ops/resample.h"

#include "ir/eval.h"
#include "ir/infer.h"
#include "ops/support/arguments.h"
#include "ops/support/axis_view.h"
#include "ops/support/resample_taps.h"

#include <algorithm>
#include <cmath>
#include <span>

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

std::vector<double> along(const Resample& op, const std::vector<double>& x, const AxisView& view,
                          const ResampleAxis& a) {
    std::vector<double> y(static_cast<size_t>(view.outer * a.out * view.inner));
    const std::vector<ResampleTaps> taps = resampleTaps(op, a);
    for (int64_t i = 0; i < a.out; ++i) {
        const ResampleTaps& t = taps[static_cast<size_t>(i)];
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

}  // namespace

static void eval(const Resample& op, ir::EvalContext& c) {
    auto scales = c.has(2) ? c.read<float>(2) : std::span<const float>{};
    auto region = c.has(1) ? c.read<double>(1) : std::span<const double>{};
    const std::vector<ResampleAxis> axes =
        resampleAxes(op, c.dims(0), scales, c.has(3) ? c.ints(3) : std::vector<int64_t>{}, region);
    std::vector<int64_t> dims = c.dims(0), result;
    for (const ResampleAxis& a : axes) result.push_back(a.out);
    c.resize(0, result);
    auto in = c.read<double>(0);
    std::vector<double> x(in.begin(), in.end());
    c.require(!x.empty() || c.outCount(0) == 0, "cannot resize an empty tensor");
    for (size_t d = dims.size(); d-- > 0;) {
        const ResampleAxis& a = axes[d];
        if (a.isIdentity(op)) continue;
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
