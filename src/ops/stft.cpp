// SPDX-License-Identifier: Apache-2.0
#include "ops/stft.h"

#include "ir/eval.h"
#include "ir/infer.h"
#include "ops/support/arguments.h"
#include "ops/support/fourier.h"

namespace bireme::ops {

static void infer(const Stft& op, ir::InferContext& c) {
    const TensorDesc& x = c.in(0);
    c.requireReal(0);
    c.require(x.rank() == 3 && (x.dims[2].valueOr(1) == 1 || x.dims[2].is(2)),
              "the signal is [batch, length, 1 or 2], not ", x.text());
    c.require(!op.onesided || x.dims[2].valueOr(1) == 1,
              "a complex signal has no one-sided spectrum");
    Dim step = scalarArgument(c, 1, "frame step", {1, INT32_MAX});
    c.require(c.has(2) || c.has(3), "neither a window nor a frame length is given");
    Dim length =
        c.has(3) ? scalarArgument(c, 3, "frame length", {1, INT32_MAX}) : c.in(2).dims.at(0);
    c.out(0).type = x.type;
    c.out(0).dims = {x.dims[0], floorDiv(x.dims[1] - length, step) + Dim(1),
                     op.onesided ? floorDiv(length, Dim(2)) + Dim(1) : length, Dim(2)};
}

static void eval(const Stft&, ir::EvalContext& c) {
    int64_t step = c.ints(1).at(0), length = c.has(3) ? c.ints(3).at(0) : c.dims(2)[0];
    int64_t samples = c.dims(0)[1], parts = c.dims(0)[2];
    int64_t frames = c.outDims(0)[1], bins = c.outDims(0)[2];
    c.require(!c.has(2) || c.dims(2)[0] == length, "the window has another length than the frame");
    ir::EvalContext::computeReal(c.type(0), [&](auto kind) {
        using T = decltype(kind);
        auto x = c.read<T>(0);
        auto window = c.has(2) ? c.read<T>(2) : std::span<const T>{};
        auto y = c.write<T>(0);
        size_t to = 0;
        for (int64_t b = 0; b < c.dims(0)[0]; ++b)
            for (int64_t f = 0; f < frames; ++f) {
                std::vector<std::complex<double>> v(static_cast<size_t>(length));
                for (int64_t i = 0; i < length; ++i) {
                    auto at = static_cast<size_t>((b * samples + f * step + i) * parts);
                    std::complex<double> s(static_cast<double>(x[at]),
                                           parts == 2 ? static_cast<double>(x[at + 1]) : 0);
                    v[static_cast<size_t>(i)] =
                        window.empty() ? s
                                       : s * static_cast<double>(window[static_cast<size_t>(i)]);
                }
                v = fourier(v, false);
                for (int64_t k = 0; k < bins; ++k) {
                    y[to++] = static_cast<T>(v[static_cast<size_t>(k)].real());
                    y[to++] = static_cast<T>(v[static_cast<size_t>(k)].imag());
                }
            }
    });
}

BIREME_OP(stft, Stft,
          {.inputs = 2,
           .maxInputs = 4,
           .infer = infer,
           .eval = eval,
           .doc = "Short-time Fourier transform of a batch of signals."})

}  // namespace bireme::ops
