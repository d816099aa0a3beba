// SPDX-License-Identifier: Apache-2.0
#include "ops/resize.h"

#include "ir/eval.h"
#include "ir/infer.h"
#include "ops/support/arguments.h"
#include "ops/support/axis_view.h"
#include "ops/support/movement.h"
#include "ops/support/resize_taps.h"

#include <cmath>

namespace bireme::ops {

// floor(extent * scale). The scale is read as the simplest fraction that rounds to it, so that
// 10 * 0.7 is 7.
static Dim scaledExtent(const Dim& extent, float scale) {
    if (extent.isStatic() && scale == 1) return extent;
    double x = scale;
    int64_t p0 = 0, q0 = 1, p1 = 1, q1 = 0;  // convergents of the continued fraction of x
    for (int i = 0; i < 40; ++i) {
        auto a = static_cast<int64_t>(std::floor(x));
        int64_t p = a * p1 + p0, q = a * q1 + q0;
        if (static_cast<float>(static_cast<double>(p) / static_cast<double>(q)) == scale)
            return floorDiv(extent * Dim(p), Dim(q));
        p0 = p1, q0 = q1, p1 = p, q1 = q;
        x = 1 / (x - static_cast<double>(a));
    }
    failInvalid(cat("scale ", scale, " of resize is no fraction"));
}

static void infer(const Resize& op, ir::InferContext& c) {
    const TensorDesc& x = c.in(0);
    auto rank = static_cast<size_t>(x.rank());
    c.require(op.scales.empty() || op.scales.size() == rank, op.scales.size(),
              " scales do not fit ", x.text());
    for (float s : op.scales)
        c.require(s > 0x1p-31f && s < 0x1p31f, "scale ", s, " of resize must be positive");
    c.out(0) = x;
    if (c.has(1) || !op.dims.empty() || op.scales.empty()) {
        DimVector d = listArgument(c, 1, op.dims, "output dimensions", {0, INT32_MAX});
        c.require(d.size() == rank, d.size(), " output dimensions do not fit ", x.text());
        for (const Dim& e : d)
            c.require(!e.isStatic() || e.value() >= 0, "output dimensions of resize are ", text(d));
        c.out(0).dims = d;
    } else {
        for (size_t i = 0; i < rank; ++i) c.out(0).dims[i] = scaledExtent(x.dims[i], op.scales[i]);
    }
    for (size_t i = 0; i < rank; ++i)
        c.require(!x.dims[i].is(0) || !c.out(0).dims[i].isStatic() || c.out(0).dims[i].is(0),
                  "cannot resize an empty dimension ", i, " of ", x.text());
}

// One axis of a dense tensor interpolated.
template <typename T>
static std::vector<T> along(const std::vector<T>& x, const AxisView& in,
                            const std::vector<Taps>& taps) {
    std::vector<T> y(static_cast<size_t>(in.outer * in.inner) * taps.size());
    size_t at = 0;
    for (int64_t o = 0; o < in.outer; ++o)
        for (const Taps& t : taps)
            for (int64_t k = 0; k < in.inner; ++k, ++at)
                for (int j = 0; j < t.count; ++j)
                    y[at] += static_cast<T>(t.weight[j]) *
                             x[static_cast<size_t>((o * in.extent + t.index[j]) * in.inner + k)];
    return y;
}

static void eval(const Resize& op, ir::EvalContext& c) {
    std::vector<std::vector<Taps>> taps;
    auto dims = c.dims(0);
    if (c.outCount(0) == 0) return;
    c.require(c.count(0) > 0, "cannot resize an empty tensor");
    for (size_t d = 0; d < dims.size(); ++d) {
        int64_t out = c.outDims(0)[d];
        float scale = op.scales.empty() ? static_cast<float>(out) / static_cast<float>(dims[d])
                                        : op.scales[d];
        taps.push_back(resizeTaps(op, dims[d], out, scale));
    }
    if (op.mode == InterpolationMode::kNEAREST) {
        std::vector<std::vector<int64_t>> tables(dims.size());
        for (size_t d = 0; d < dims.size(); ++d)
            for (const Taps& t : taps[d]) tables[d].push_back(t.index[0]);
        copyByTables(c.outData(0), c.data(0), elementBytes(c.type(0)), dims, tables);
        return;
    }
    ir::EvalContext::computeReal(c.type(0), [&](auto kind) {
        using T = decltype(kind);
        auto in = c.read<T>(0);
        std::vector<T> x(in.begin(), in.end());
        for (size_t d = dims.size(); d-- > 0;) {
            if (c.outDims(0)[d] == dims[d] && (op.scales.empty() || op.scales[d] == 1))
                continue;  // the identity
            x = along(x, AxisView(dims, static_cast<int64_t>(d)), taps[d]);
            dims[d] = c.outDims(0)[d];
        }
        std::copy(x.begin(), x.end(), c.write<T>(0).begin());
    });
}

BIREME_OP(resize, Resize,
          {.inputs = 1,
           .maxInputs = 2,
           .infer = infer,
           .eval = eval,
           .doc = "Interpolation to other extents: nearest, linear or cubic."})

}  // namespace bireme::ops
