// SPDX-License-Identifier: Apache-2.0
#include "ops/pooling.h"

#include "ir/eval.h"
#include "ir/infer.h"
#include "ir/work.h"
#include "ops/support/not_a_number.h"
#include "ops/support/sliding_window.h"

#include <limits>

namespace bireme::ops {

static std::vector<WindowAxis> axesOf(const Pooling& op, const DimVector& dims) {
    DimVector spatial = spatialDims(dims);
    if (!op.window.empty())
        return poolingAxes(WindowAttributes::of(op), spatial, toDims(op.window));
    std::vector<WindowAxis> axes;
    for (const Dim& d : spatial) axes.push_back({d, d, Dim(1), Dim(0), Dim(0)});
    return axes;
}

static void infer(const Pooling& op, ir::InferContext& c) {
    const TensorDesc& x = c.in(0);
    bool small = x.type == DataType::kINT8 || x.type == DataType::kUINT8;
    c.require(isReal(x.type) || (small && op.type == PoolingType::kMAX),
              "pooling takes real numbers, the input is ", name(x.type));
    c.require(x.rank() >= 3 && x.rank() <= 5,
              "the input must have batch, channel and 1 to 3 spatial dimensions, it is ", x.text());
    c.require(!op.indices || op.type == PoolingType::kMAX, "only maximum pooling has indices");
    c.require(c.outputs() == (op.indices ? 2 : 1), "pooling ", op.indices ? "with" : "without",
              " indices has ", op.indices ? 2 : 1, " outputs, not ", c.outputs());
    c.out(0) = x;
    c.out(0).dims.resize(2);
    for (const auto& a : axesOf(op, x.dims)) c.out(0).dims.push_back(a.output);
    if (!op.indices) return;
    c.out(1) = c.out(0);
    c.out(1).type = DataType::kINT64;
}

namespace {

// One window, clipped to the input.
struct Clipped {
    int64_t first[3], last[3];  // in window positions
    int64_t start[3];           // input index of position 0
    int64_t padded = 1;         // positions inside the padded input
    int64_t inside = 1;         // positions inside the input

    Clipped(const WindowGrid& g, const WindowGrid::Triple& o) {
        for (int d = 0; d < 3; ++d) {
            start[d] = o[d] * g.stride[d] - g.before[d];
            first[d] = start[d] < 0 ? (-start[d] + g.dilation[d] - 1) / g.dilation[d] : 0;
            last[d] = positions(g, d, g.input[d]);
            padded *= positions(g, d, g.input[d] + g.after[d]);
            inside *= std::max<int64_t>(0, last[d] - first[d]);
        }
    }
    int64_t positions(const WindowGrid& g, int d, int64_t end) const {
        int64_t room = end - 1 - start[d];
        return room < 0 ? 0 : std::min(g.window[d], room / g.dilation[d] + 1);
    }
};

template <typename T>
struct Pooled {
    T top = std::numeric_limits<T>::lowest();
    T total = 0;
    int64_t at = -1;  // of the maximum, in the plane
};

template <typename T>
Pooled<T> poolWindow(const WindowGrid& g, const Clipped& w, const T* x) {
    Pooled<T> r;
    if constexpr (std::numeric_limits<T>::has_infinity) r.top = -std::numeric_limits<T>::infinity();
    for (int64_t z = w.first[0]; z < w.last[0]; ++z)
        for (int64_t y = w.first[1]; y < w.last[1]; ++y)
            for (int64_t i = w.first[2]; i < w.last[2]; ++i) {
                int64_t at = ((w.start[0] + z * g.dilation[0]) * g.input[1] + w.start[1] +
                              y * g.dilation[1]) *
                                 g.input[2] +
                             w.start[2] + i * g.dilation[2];
                T v = x[at];
                r.total += v;
                if (v > r.top || r.at < 0 || isNan(v)) r.top = isNan(r.top) ? r.top : v, r.at = at;
            }
    return r;
}

template <typename T>
T combine(const Pooling& op, const Clipped& w, const Pooled<T>& r) {
    if (op.type == PoolingType::kMAX) return r.top;
    int64_t count = op.excludePadding ? w.inside : w.padded;
    T average = count ? r.total / static_cast<T>(count) : T(0);
    if (op.type == PoolingType::kAVERAGE) return average;
    return static_cast<T>((1 - op.blend) * r.top + op.blend * average);
}

}  // namespace

static void eval(const Pooling& op, ir::EvalContext& c) {
    WindowGrid g(axesOf(op, toDims(c.dims(0))));
    int64_t planes = c.dims(0)[0] * c.dims(0)[1];
    ir::EvalContext::compute(c.type(0), [&](auto t) {
        using T = decltype(t);
        const T* x = c.read<T>(0).data();
        T* y = c.write<T>(0).data();
        int64_t* indices = op.indices ? c.write<int64_t>(1).data() : nullptr;
        for (int64_t p = 0; p < planes; ++p) {
            WindowGrid::Triple o;
            for (o[0] = 0; o[0] < g.output[0]; ++o[0])
                for (o[1] = 0; o[1] < g.output[1]; ++o[1])
                    for (o[2] = 0; o[2] < g.output[2]; ++o[2]) {
                        Clipped w(g, o);
                        auto r = poolWindow(g, w, x + p * g.inputSize());
                        *y++ = combine(op, w, r);
                        if (indices) *indices++ = p * g.inputSize() + r.at;
                    }
        }
    });
}

static Dim operations(const Pooling& op, const ir::Work& w) {
    return op.window.empty() ? volume(w.in(0)) : volume(w.out()) * volume(toDims(op.window));
}

BIREME_OP(pooling, Pooling,
          {.inputs = 1,
           .outputs = 1,
           .maxOutputs = 2,
           .infer = infer,
           .eval = eval,
           .operations = operations,
           .doc = "Maximum, average or their blend over windows of 1 to 3 spatial dims."})

}  // namespace bireme::ops
