// SPDX-License-Identifier: Apache-2.0
#include "ops/deformable_convolution.h"

#include "ir/eval.h"
#include "ir/infer.h"
#include "ir/work.h"

#include <cmath>

namespace bireme::ops {

static void infer(const DeformableConvolution& op, ir::InferContext& c) {
    const TensorDesc &x = c.in(0), &w = c.in(1), &offset = c.in(2);
    c.requireReal(0);
    c.require(x.rank() == 4 && w.rank() == 4 && offset.rank() == 4,
              "x, weights and offsets have four dims, not ", x.text(), ", ", w.text(), ", ",
              offset.text());
    c.require(op.strides.size() == 2 && op.dilations.size() == 2 && op.pads.size() == 4,
              "strides and dilations have 2 values, pads 4");
    c.require(op.groups > 0 && op.offsetGroups > 0, "the groups must be positive");
    c.out(0).type = x.type;
    c.out(0).dims = {x.dims[0], w.dims[0], offset.dims[2], offset.dims[3]};
}

namespace {

// x at a place between pixels; zeros outside.
template <typename T>
double bilinear(const T* plane, int64_t height, int64_t width, double y, double x) {
    double y0 = std::floor(y), x0 = std::floor(x), sum = 0;
    for (int i = 0; i < 2; ++i)
        for (int k = 0; k < 2; ++k) {
            double r = y0 + i, s = x0 + k;
            if (r < 0 || s < 0 || r >= static_cast<double>(height) ||
                s >= static_cast<double>(width))
                continue;
            double weight = (1 - std::fabs(y - r)) * (1 - std::fabs(x - s));
            sum += weight * static_cast<double>(
                                plane[static_cast<int64_t>(r) * width + static_cast<int64_t>(s)]);
        }
    return sum;
}

}  // namespace

static void eval(const DeformableConvolution& op, ir::EvalContext& c) {
    const auto &xd = c.dims(0), &wd = c.dims(1);
    int64_t height = xd[2], width = xd[3], rows = c.outDims(0)[2], columns = c.outDims(0)[3];
    int64_t taps = wd[2] * wd[3], perGroup = wd[1], maps = wd[0];
    c.require(
        xd[1] == perGroup * op.groups && maps % op.groups == 0 && xd[1] % op.offsetGroups == 0,
        "the channels do not fit the groups");
    c.require(c.dims(2)[1] == op.offsetGroups * taps * 2 &&
                  (!c.has(4) || c.dims(4)[1] == op.offsetGroups * taps),
              "the offsets or the mask do not fit the kernel");
    int64_t plane = rows * columns, perOffset = xd[1] / op.offsetGroups;
    ir::EvalContext::computeReal(c.type(0), [&](auto kind) {
        using T = decltype(kind);
        auto x = c.read<T>(0), w = c.read<T>(1), offset = c.read<T>(2);
        auto bias = c.has(3) ? c.read<T>(3) : std::span<const T>{};
        auto mask = c.has(4) ? c.read<T>(4) : std::span<const T>{};
        auto y = c.write<T>(0);
        auto sampled = [&](int64_t b, int64_t channel, int64_t tap, int64_t r, int64_t s) {
            int64_t group = channel / perOffset, place = r * columns + s;
            int64_t at = (b * op.offsetGroups + group) * taps + tap;
            int64_t tapRow = tap / wd[3], tapColumn = tap % wd[3];
            double row =
                static_cast<double>(r * op.strides[0] - op.pads[0] + tapRow * op.dilations[0]) +
                static_cast<double>(offset[static_cast<size_t>(2 * at * plane + place)]);
            double column =
                static_cast<double>(s * op.strides[1] - op.pads[1] + tapColumn * op.dilations[1]) +
                static_cast<double>(offset[static_cast<size_t>((2 * at + 1) * plane + place)]);
            double v = bilinear(x.data() + (b * xd[1] + channel) * height * width, height, width,
                                row, column);
            return mask.empty()
                       ? v
                       : v * static_cast<double>(mask[static_cast<size_t>(at * plane + place)]);
        };
        size_t to = 0;
        for (int64_t b = 0; b < xd[0]; ++b)
            for (int64_t m = 0; m < maps; ++m)
                for (int64_t p = 0; p < plane; ++p) {
                    double sum =
                        bias.empty() ? 0 : static_cast<double>(bias[static_cast<size_t>(m)]);
                    int64_t first = m / (maps / op.groups) * perGroup;
                    for (int64_t k = 0; k < perGroup; ++k)
                        for (int64_t t = 0; t < taps; ++t)
                            sum += static_cast<double>(
                                       w[static_cast<size_t>((m * perGroup + k) * taps + t)]) *
                                   sampled(b, first + k, t, p / columns, p % columns);
                    y[to++] = static_cast<T>(sum);
                }
    });
}

static Dim operations(const DeformableConvolution&, const ir::Work& w) {
    const DimVector weights = w.in(1);
    return Dim(2) * volume(w.out()) * volume({weights.begin() + 1, weights.end()});
}

BIREME_OP(deformable_convolution, DeformableConvolution,
          {.inputs = 3,
           .maxInputs = 5,
           .infer = infer,
           .eval = eval,
           .operations = operations,
           .doc = "Convolution that samples its input at learned offsets."})

}  // namespace bireme::ops
