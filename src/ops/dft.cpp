// SPDX-License-Identifier: Apache-2.0
#include "ops/dft.h"

#include "ir/eval.h"
#include "ir/infer.h"
#include "ops/support/arguments.h"
#include "ops/support/axis_view.h"
#include "ops/support/fourier.h"

namespace bireme::ops {

static void infer(const Dft& op, ir::InferContext& c) {
    const TensorDesc& x = c.in(0);
    c.requireReal(0);
    c.require(x.rank() >= 2, "a transform needs an axis and one for real and imaginary part, got ",
              x.text());
    const Dim& parts = x.dims.back();
    c.require(parts.valueOr(1) == 1 || parts.is(2), "the last dim holds 1 or 2 numbers, not ",
              parts.text());
    bool half = op.onesided && !op.inverse;
    c.out(0) = x;
    c.out(0).dims.back() = Dim(op.onesided && op.inverse ? 1 : 2);
    const DimVector* given = c.has(2) ? c.known(2) : nullptr;
    bool open = c.has(2) && !(given && given->size() == 1 && given->front().isStatic());
    Dim length = c.has(1) ? scalarArgument(c, 1, "length", {1, INT32_MAX}) : Dim(0);
    int last = open ? x.rank() - 1 : 0;
    int axis = open ? 0 : c.axis(c.has(2) ? given->front().value() : op.axis, x.rank());
    c.require(open || axis != x.rank() - 1, "the axis may not be the last");
    for (int d = open ? 0 : axis; d < (open ? last : axis + 1); ++d) {
        Dim& e = c.out(0).dims[static_cast<size_t>(d)];
        Dim n = c.has(1) ? length : op.onesided && op.inverse ? Dim(2) * (e - Dim(1)) : e;
        Dim result = half ? floorDiv(n, Dim(2)) + Dim(1) : n;
        e = open ? c.stepExtent(0, d, max(e, result)) : result;
    }
}

// The numbers of one line, cut or filled with zeros to n; of half a spectrum the rest is mirrored.
template <typename T>
static std::vector<std::complex<double>> line(const T* x, int64_t step, int64_t parts,
                                              int64_t extent, int64_t n, bool mirrored) {
    std::vector<std::complex<double>> v(static_cast<size_t>(n));
    int64_t have = std::min(extent, mirrored ? n / 2 + 1 : n);
    for (int64_t i = 0; i < have; ++i)
        v[static_cast<size_t>(i)] = {static_cast<double>(x[i * step]),
                                     parts == 2 ? static_cast<double>(x[i * step + 1]) : 0};
    for (int64_t i = n / 2 + 1; mirrored && i < n; ++i)
        v[static_cast<size_t>(i)] = std::conj(v[static_cast<size_t>(n - i)]);
    return v;
}

static void eval(const Dft& op, ir::EvalContext& c) {
    int64_t rank = c.rank(0), axis = c.has(2) ? c.ints(2).at(0) : op.axis;
    c.require(axis >= -rank && axis < rank, "axis ", axis, " is outside the ", rank,
              " dimensions of the input");
    if (axis < 0) axis += rank;
    c.require(axis != rank - 1, "the axis may not be the last");
    std::vector<int64_t> dims = c.dims(0);
    int64_t extent = dims[static_cast<size_t>(axis)], parts = dims.back();
    bool mirrored = op.onesided && op.inverse, half = op.onesided && !op.inverse;
    int64_t n = c.has(1) ? c.ints(1).at(0) : mirrored ? 2 * (extent - 1) : extent;
    c.require(n >= 1, "the length is ", n);
    int64_t count = half ? n / 2 + 1 : n, outParts = mirrored ? 1 : 2;
    dims[static_cast<size_t>(axis)] = count;
    dims.back() = outParts;
    c.resize(0, dims);
    AxisView view(c.dims(0), axis);
    int64_t inner = view.inner / parts;
    ir::EvalContext::computeReal(c.type(0), [&](auto kind) {
        using T = decltype(kind);
        const T* x = c.read<T>(0).data();
        T* y = c.write<T>(0).data();
        for (int64_t o = 0; o < view.outer; ++o)
            for (int64_t k = 0; k < inner; ++k) {
                auto v = fourier(line(x + (o * extent * inner + k) * parts, inner * parts, parts,
                                      extent, n, mirrored),
                                 op.inverse);
                for (int64_t i = 0; i < count; ++i) {
                    T* to = y + ((o * count + i) * inner + k) * outParts;
                    to[0] = static_cast<T>(v[static_cast<size_t>(i)].real());
                    if (outParts == 2) to[1] = static_cast<T>(v[static_cast<size_t>(i)].imag());
                }
            }
    });
}

BIREME_OP(dft, Dft,
          {.inputs = 1,
           .maxInputs = 3,
           .traits = ir::kDataDependent,
           .infer = infer,
           .eval = eval,
           .doc = "Discrete Fourier transform along an axis."})

}  // namespace bireme::ops
