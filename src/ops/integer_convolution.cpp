// SPDX-License-Identifier: Apache-2.0
#include "ops/integer_convolution.h"

#include "ops/support/convolution_checks.h"
#include "ops/support/integer_operands.h"
#include "ops/support/sliding_window.h"

#include "ir/work.h"

namespace bireme::ops {

static void infer(const IntegerConvolution& op, ir::InferContext& c) {
    checkIntegerOperands(c);
    checkConvolutionDims(c, op.groups);
    const DimVector &x = c.in(0).dims, &w = c.in(1).dims;
    checkChannels(c, w[1] * Dim(op.groups), x[1]);
    c.require(!w[0].isStatic() || w[0].value() % op.groups == 0, w[0].text(),
              " output channels do not divide into ", op.groups, " groups");
    checkZeroPoint(c, 2, Dim(1));
    checkZeroPoint(c, 3, w[0]);
    c.out(0).type = DataType::kINT32;
    c.out(0).dims = {x[0], w[0]};
    for (const auto& a : convolutionAxes(WindowAttributes::of(op), spatialDims(x), spatialDims(w)))
        c.out(0).dims.push_back(a.output);
}

namespace {

// Sum over one window of one channel, from the output position `at`.
uint32_t window(const WindowGrid& g, const WindowGrid::Triple& at, const int32_t* x,
                const int32_t* w) {
    uint32_t sum = 0;
    WindowGrid::Triple t, p;
    const auto inside = [&](size_t d) {
        p[d] = at[d] * g.stride[d] + t[d] * g.dilation[d] - g.before[d];
        return p[d] >= 0 && p[d] < g.input[d];
    };
    for (t[0] = 0; t[0] < g.window[0]; ++t[0])
        for (t[1] = 0; t[1] < g.window[1]; ++t[1])
            for (t[2] = 0; t[2] < g.window[2]; ++t[2], ++w)
                if (inside(0) && inside(1) && inside(2))
                    sum +=
                        static_cast<uint32_t>(x[(p[0] * g.input[1] + p[1]) * g.input[2] + p[2]]) *
                        static_cast<uint32_t>(*w);
    return sum;
}

}  // namespace

static void eval(const IntegerConvolution& op, ir::EvalContext& c) {
    const DimVector dims = toDims(c.dims(0)), kernel = toDims(c.dims(1));
    const WindowGrid g(
        convolutionAxes(WindowAttributes::of(op), spatialDims(dims), spatialDims(kernel)));
    const std::vector<int32_t> x = centred(c, 0, 1), w = centred(c, 1, 0);
    const int64_t channels = c.dims(1)[1], maps = c.dims(1)[0], size = g.outputSize();
    int32_t* y = c.write<int32_t>(0).data();
    for (int64_t e = 0; e < c.outCount(0); ++e) {
        const int64_t k = e / size % maps, n = e / size / maps, o = e % size;
        const int64_t first = (n * op.groups + k / (maps / op.groups)) * channels;
        uint32_t sum = 0;
        for (int64_t ch = 0; ch < channels; ++ch)
            sum += window(
                g,
                {o / (g.output[1] * g.output[2]), o / g.output[2] % g.output[1], o % g.output[2]},
                x.data() + (first + ch) * g.inputSize(),
                w.data() + (k * channels + ch) * g.windowSize());
        y[e] = static_cast<int32_t>(sum);
    }
}

// All in FLOAT, which is exact up to sums of 2^24.
static bool decompose(const IntegerConvolution& op, ir::DecomposeContext& c) {
    const Convolution& real = op;
    c.replace(
        0, asInteger(c, c.add(ir::Op::of(real), {centredFloat(c, 0, 1), centredFloat(c, 1, 0)})));
    return true;
}

static Dim operations(const IntegerConvolution&, const ir::Work& w) {
    const DimVector weights = w.in(1);
    return Dim(2) * volume(w.out()) * volume({weights.begin() + 1, weights.end()});
}

BIREME_OP(integer_convolution, IntegerConvolution,
          {.inputs = 2,
           .maxInputs = 4,
           .outputs = 1,
           .infer = infer,
           .eval = eval,
           .decompose = decompose,
           .operations = operations,
           .doc = "Cross-correlation of bytes less their zero points, as INT32."})

}  // namespace bireme::ops
