// SPDX-License-Identifier: Apache-2.0
#include "ops/deconvolution.h"

#include "ir/eval.h"
#include "ir/infer.h"
#include "ir/work.h"
#include "ops/support/convolution_checks.h"
#include "ops/support/sliding_window.h"

namespace bireme::ops {

static std::vector<WindowAxis> axesOf(const Deconvolution& op, const DimVector& x,
                                      const DimVector& w) {
    WindowAttributes a = WindowAttributes::of(op);
    a.outputPadding = &op.outputPadding;
    return deconvolutionAxes(a, spatialDims(x), spatialDims(w));
}

static void infer(const Deconvolution& op, ir::InferContext& c) {
    checkConvolutionOperands(c, op.groups);
    const DimVector &x = c.in(0).dims, &w = c.in(1).dims;
    checkChannels(c, w[0], x[1]);
    c.require(!x[1].isStatic() || x[1].value() % op.groups == 0, x[1].text(),
              " input channels do not divide into ", op.groups, " groups");
    Dim maps = w[1] * Dim(op.groups);
    checkBias(c, maps);
    c.out(0).type = c.in(0).type;
    c.out(0).dims = {x[0], maps};
    for (const auto& a : axesOf(op, x, w)) c.out(0).dims.push_back(a.output);
}

// Adds w * x to where one window position puts it in an output plane.
template <typename T>
static void scatterTap(const WindowGrid& g, const WindowGrid::Triple& tap, T w, const T* x, T* y) {
    int64_t offset[3], first[3], last[3];
    for (int d = 0; d < 3; ++d) {
        offset[d] = tap[d] * g.dilation[d] - g.before[d];  // output = input * stride + offset
        first[d] = offset[d] < 0 ? (-offset[d] + g.stride[d] - 1) / g.stride[d] : 0;
        int64_t room = g.output[d] - 1 - offset[d];
        last[d] = room < 0 ? 0 : std::min(g.input[d], room / g.stride[d] + 1);
    }
    for (int64_t iz = first[0]; iz < last[0]; ++iz)
        for (int64_t iy = first[1]; iy < last[1]; ++iy) {
            const T* in = x + (iz * g.input[1] + iy) * g.input[2];
            T* out = y +
                     ((iz * g.stride[0] + offset[0]) * g.output[1] + iy * g.stride[1] + offset[1]) *
                         g.output[2] +
                     offset[2];
            for (int64_t ix = first[2]; ix < last[2]; ++ix) out[ix * g.stride[2]] += w * in[ix];
        }
}

template <typename T>
static void scatterPlane(const WindowGrid& g, const T* x, const T* w, T* y) {
    WindowGrid::Triple tap;
    for (tap[0] = 0; tap[0] < g.window[0]; ++tap[0])
        for (tap[1] = 0; tap[1] < g.window[1]; ++tap[1])
            for (tap[2] = 0; tap[2] < g.window[2]; ++tap[2]) scatterTap(g, tap, *w++, x, y);
}

static void eval(const Deconvolution& op, ir::EvalContext& c) {
    WindowGrid g(axesOf(op, toDims(c.dims(0)), toDims(c.dims(1))));
    int64_t batch = c.dims(0)[0], channels = c.dims(0)[1], mapsPerGroup = c.dims(1)[1];
    int64_t maps = mapsPerGroup * op.groups, channelsPerGroup = channels / op.groups;
    c.computeReal(c.type(0), [&](auto t) {
        using T = decltype(t);
        const T* x = c.read<T>(0).data();
        const T* w = c.read<T>(1).data();
        const T* bias = c.has(2) ? c.read<T>(2).data() : nullptr;
        T* y = c.write<T>(0).data();
        for (int64_t plane = 0; plane < batch * maps; ++plane)
            std::fill_n(y + plane * g.outputSize(), g.outputSize(),
                        bias ? bias[plane % maps] : T(0));
        for (int64_t n = 0; n < batch; ++n)
            for (int64_t ch = 0; ch < channels; ++ch)
                for (int64_t k = 0; k < mapsPerGroup; ++k)
                    scatterPlane(
                        g, x + (n * channels + ch) * g.inputSize(),
                        w + (ch * mapsPerGroup + k) * g.windowSize(),
                        y + (n * maps + ch / channelsPerGroup * mapsPerGroup + k) * g.outputSize());
    });
}

static Dim operations(const Deconvolution&, const ir::Work& w) {
    const DimVector weights = w.in(1);
    return Dim(2) * volume(w.in(0)) * volume({weights.begin() + 1, weights.end()});
}

BIREME_OP(deconvolution, Deconvolution,
          {.inputs = 2,
           .maxInputs = 3,
           .outputs = 1,
           .infer = infer,
           .eval = eval,
           .operations = operations,
           .doc = "Transposed convolution over 1 to 3 spatial dims, with groups and dilation."})

}  // namespace bireme::ops
