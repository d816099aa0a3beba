// SPDX-License-Identifier: Apache-2.0
#include "ops/scatter.h"

#include "ir/eval.h"
#include "ir/infer.h"
#include "ops/support/arguments.h"
#include "ops/support/movement.h"

#include <cmath>
#include <cstring>

namespace bireme::ops {

// Where update k goes: its first element and how many elements follow. `inner` is 1 in element
// mode.
struct Target {
    std::vector<int64_t> offsets;  // -1: outside, not written
    int64_t inner = 1;
};

static int64_t coordinate(int64_t i, int64_t extent, int64_t stride, bool& ok) {
    if (i < 0) i += extent;
    ok = ok && i >= 0 && i < extent;
    return ok ? i * stride : 0;
}

static Target elementTargets(const Scatter& op, ir::EvalContext& c) {
    Target t;
    auto axis = static_cast<size_t>(op.axis < 0 ? op.axis + c.rank(0) : op.axis);
    auto strides = ir::rowMajorStrides(c.dims(0));
    std::vector<int64_t> index(c.dims(1).size(), 0);
    for (int64_t i : c.ints(1)) {
        bool ok = true;
        int64_t at = 0;
        for (size_t d = 0; d < index.size(); ++d)
            at += coordinate(d == axis ? i : index[d], c.dims(0)[d], strides[d], ok);
        t.offsets.push_back(ok ? at : -1);
        ir::nextIndex(index, c.dims(1));
    }
    return t;
}

static Target ndTargets(ir::EvalContext& c) {
    Target t;
    const auto& dims = c.dims(0);
    auto strides = ir::rowMajorStrides(dims);
    auto at = c.ints(1);
    auto length = static_cast<size_t>(c.dims(1).back());
    t.inner = ir::elementCount({dims.begin() + static_cast<std::ptrdiff_t>(length), dims.end()});
    int64_t n = ir::elementCount({c.dims(1).begin(), c.dims(1).end() - 1});
    for (int64_t k = 0; k < n; ++k) {
        bool ok = true;
        int64_t from = 0;
        for (size_t j = 0; j < length; ++j)
            from += coordinate(at[static_cast<size_t>(k) * length + j], dims[j], strides[j], ok);
        t.offsets.push_back(ok ? from : -1);
    }
    return t;
}

template <typename T>
static T combine(const std::string& reduction, T a, T b) {
    if constexpr (std::is_integral_v<T>) {
        auto x = static_cast<uint64_t>(a), y = static_cast<uint64_t>(b);  // overflow wraps
        if (reduction == "add") return static_cast<T>(x + y);
        if (reduction == "mul") return static_cast<T>(x * y);
    } else {
        if (reduction == "add") return a + b;
        if (reduction == "mul") return a * b;
        if (std::isnan(a) || std::isnan(b)) return a + b;
    }
    return reduction == "max" ? std::max(a, b) : std::min(a, b);
}

static void eval(const Scatter& op, ir::EvalContext& c) {
    Target t = op.mode == ScatterMode::kND ? ndTargets(c) : elementTargets(op, c);
    c.require(c.count(2) == static_cast<int64_t>(t.offsets.size()) * t.inner, "scatter has ",
              c.count(2), " updates for ", t.offsets.size(), " indices");
    if (c.count(0) == 0) return;
    if (op.reduction == "none") {
        size_t size = elementBytes(c.type(0)), bytes = static_cast<size_t>(t.inner) * size;
        auto* out = static_cast<uint8_t*>(c.outData(0));
        const auto* updates = static_cast<const uint8_t*>(c.data(2));
        copyBytes(c);
        for (size_t k = 0; k < t.offsets.size(); ++k)
            if (t.offsets[k] >= 0)
                std::memcpy(out + static_cast<size_t>(t.offsets[k]) * size, updates + k * bytes,
                            bytes);
        return;
    }
    ir::EvalContext::compute(c.type(0), [&](auto kind) {
        using T = decltype(kind);
        auto x = c.read<T>(0), updates = c.read<T>(2);
        auto y = c.write<T>(0);
        std::copy(x.begin(), x.end(), y.begin());
        for (size_t k = 0; k < t.offsets.size(); ++k)
            for (int64_t i = 0; t.offsets[k] >= 0 && i < t.inner; ++i) {
                T& to = y[static_cast<size_t>(t.offsets[k] + i)];
                to = combine(op.reduction, to,
                             updates[k * static_cast<size_t>(t.inner) + static_cast<size_t>(i)]);
            }
    });
}

static DimVector updateDims(const Scatter& op, const ir::InferContext& c) {
    const TensorDesc &x = c.in(0), &i = c.in(1);
    if (op.mode == ScatterMode::kELEMENT) {
        c.axis(op.axis, x.rank());
        c.require(i.rank() == x.rank(), "scattering elements needs indices of rank ", x.rank(),
                  ", got ", i.text());
        return i.dims;
    }
    c.require(i.rank() > 0 && i.dims.back().isStatic(),
              "the length of a coordinate must be known, indices are ", i.text());
    int64_t length = i.dims.back().value();
    c.require(length <= x.rank(), "coordinates of ", length, " numbers do not fit data ", x.text());
    DimVector d(i.dims.begin(), i.dims.end() - 1);
    d.insert(d.end(), x.dims.begin() + length, x.dims.end());
    return d;
}

static void infer(const Scatter& op, ir::InferContext& c) {
    c.requireSameType(0, 2);
    c.require(isInteger(c.in(1).type), "indices must be integers, not ", name(c.in(1).type));
    bool ok = false;
    for (const char* r : {"none", "add", "mul", "max", "min"}) ok = ok || op.reduction == r;
    c.require(ok, "reduction of scatter is none, add, mul, max or min, not ", op.reduction);
    DimVector expected = updateDims(op, c);
    c.require(c.in(2).rank() == static_cast<int>(expected.size()), "updates must have shape ",
              text(expected), ", not ", c.in(2).text());
    for (size_t k = 0; k < expected.size(); ++k) agree(c, expected[k], c.in(2).dims[k], "updates");
    c.out(0) = c.in(0);
    if (op.reduction == "none") moveKnown(op, c, eval, {0, 2});
}

BIREME_OP(scatter, Scatter,
          {.inputs = 3,
           .infer = infer,
           .eval = eval,
           .doc = "A copy of the data with updates written at indices; one outside is left out."})

}  // namespace bireme::ops
