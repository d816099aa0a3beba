// SPDX-License-Identifier: Apache-2.0
#include "ops/convolution.h"

#include "ir/eval.h"
#include "ir/infer.h"
#include "ir/work.h"
#include "ops/support/convolution_checks.h"
#include "ops/support/sliding_window.h"

namespace bireme::ops {

static void infer(const Convolution& op, ir::InferContext& c) {
    checkConvolutionOperands(c, op.groups);
    const DimVector &x = c.in(0).dims, &w = c.in(1).dims;
    checkChannels(c, w[1] * Dim(op.groups), x[1]);
    c.require(!w[0].isStatic() || w[0].value() % op.groups == 0, w[0].text(),
              " output channels do not divide into ", op.groups, " groups");
    checkBias(c, w[0]);
    c.out(0).type = c.in(0).type;
    c.out(0).dims = {x[0], w[0]};
    for (const auto& a : convolutionAxes(WindowAttributes::of(op), spatialDims(x), spatialDims(w)))
        c.out(0).dims.push_back(a.output);
}

// Adds w * x, shifted by one window position, to one output plane.
template <typename T>
static void addTap(const WindowGrid& g, const WindowGrid::Triple& tap, T w, const T* x, T* y) {
    int64_t offset[3], first[3], last[3];
    for (int d = 0; d < 3; ++d) {
        offset[d] = tap[d] * g.dilation[d] - g.before[d];  // input = output * stride + offset
        first[d] = offset[d] < 0 ? (-offset[d] + g.stride[d] - 1) / g.stride[d] : 0;
        int64_t room = g.input[d] - 1 - offset[d];
        last[d] = room < 0 ? 0 : std::min(g.output[d], room / g.stride[d] + 1);
    }
    for (int64_t oz = first[0]; oz < last[0]; ++oz)
        for (int64_t oy = first[1]; oy < last[1]; ++oy) {
            const T* in =
                x +
                ((oz * g.stride[0] + offset[0]) * g.input[1] + oy * g.stride[1] + offset[1]) *
                    g.input[2] +
                offset[2];
            T* out = y + (oz * g.output[1] + oy) * g.output[2];
            for (int64_t ox = first[2]; ox < last[2]; ++ox) out[ox] += w * in[ox * g.stride[2]];
        }
}

// One output plane: x points at the first channel of the group, w at the kernel of the output
// channel.
template <typename T>
static void plane(const WindowGrid& g, int64_t channels, const T* x, const T* w, T bias, T* y) {
    std::fill(y, y + g.outputSize(), bias);
    for (int64_t ch = 0; ch < channels; ++ch, x += g.inputSize()) {
        WindowGrid::Triple tap;
        for (tap[0] = 0; tap[0] < g.window[0]; ++tap[0])
            for (tap[1] = 0; tap[1] < g.window[1]; ++tap[1])
                for (tap[2] = 0; tap[2] < g.window[2]; ++tap[2]) addTap(g, tap, *w++, x, y);
    }
}

static void eval(const Convolution& op, ir::EvalContext& c) {
    DimVector dims = toDims(c.dims(0)), kernel = toDims(c.dims(1));
    WindowGrid g(convolutionAxes(WindowAttributes::of(op), spatialDims(dims), spatialDims(kernel)));
    int64_t batch = c.dims(0)[0], channels = c.dims(1)[1], maps = c.dims(1)[0],
            perGroup = maps / op.groups;
    c.computeReal(c.type(0), [&](auto t) {
        using T = decltype(t);
        const T* x = c.read<T>(0).data();
        const T* w = c.read<T>(1).data();
        const T* bias = c.has(2) ? c.read<T>(2).data() : nullptr;
        T* y = c.write<T>(0).data();
        for (int64_t n = 0; n < batch; ++n)
            for (int64_t k = 0; k < maps; ++k) {
                int64_t first = (n * op.groups + k / perGroup) * channels;
                plane(g, channels, x + first * g.inputSize(), w + k * channels * g.windowSize(),
                      bias ? bias[k] : T(0), y + (n * maps + k) * g.outputSize());
            }
    });
}

static Dim operations(const Convolution&, const ir::Work& w) {
    const DimVector weights = w.in(1);
    return Dim(2) * volume(w.out()) * volume({weights.begin() + 1, weights.end()});
}

BIREME_OP(convolution, Convolution,
          {.inputs = 2,
           .maxInputs = 3,
           .outputs = 1,
           .infer = infer,
           .eval = eval,
           .operations = operations,
           .doc = "Cross-correlation over 1 to 3 spatial dims, with groups and dilation."})

}  // namespace bireme::ops
