// SPDX-License-Identifier: Apache-2.0
#include "ops/scale.h"

#include "ir/decompose.h"
#include "ir/eval.h"
#include "ir/infer.h"
#include "ops/pointwise.h"
#include "ops/reshape.h"
#include "ops/squeeze.h"

#include <cmath>
#include <numeric>

namespace bireme::ops {

static size_t channelAxis(const Scale& op, int rank) {
    int64_t a = op.channelAxis == -1 ? rank - 3 : op.channelAxis;
    if (a < 0 || a >= rank)
        failInvalid(cat("channel axis ", a, " is outside the ", rank, " dimensions of the input"));
    return static_cast<size_t>(a);
}

// Dims that a parameter has beside those of the input from the channel axis on (or, uniform, no
// dims at all).
static DimVector parameterDims(const Scale& op, const DimVector& x) {
    if (op.mode == ScaleMode::kUNIFORM) return {};
    auto axis = static_cast<int64_t>(channelAxis(op, static_cast<int>(x.size())));
    DimVector dims(x.begin() + axis, x.end());
    if (op.mode == ScaleMode::kCHANNEL) std::fill(dims.begin() + 1, dims.end(), Dim(1));
    return dims;
}

static void infer(const Scale& op, ir::InferContext& c) {
    static const char* const names[] = {"", "shift", "scale", "power"};
    c.requireReal(0);
    Dim want = volume(parameterDims(op, c.in(0).dims));
    for (int i = 1; i < 4; ++i) {
        if (!c.has(i)) continue;
        c.requireSameType(0, i);
        Dim have = volume(c.in(i).dims);
        c.require(!have.isStatic() || !want.isStatic() || have == want || have.is(1), "the ",
                  names[i], " has ", have.text(), " values, expected ", want.text());
    }
    c.out(0) = c.in(0);
}

static void eval(const Scale& op, ir::EvalContext& c) {
    auto own = staticValues(parameterDims(op, toDims(c.dims(0))));
    c.computeReal(c.type(0), [&](auto t) {
        using T = decltype(t);
        auto x = c.read<T>(0);
        auto y = c.write<T>(0);
        std::span<const T> p[4];
        for (int i = 1; i < 4; ++i)
            if (c.has(i)) p[i] = c.read<T>(i);
        // The parameter repeats: `block` elements share a value, and after `period` of them it
        // starts again.
        auto period = static_cast<size_t>(ir::elementCount(own)), block = size_t{1};
        if (op.mode == ScaleMode::kCHANNEL)
            for (size_t d = channelAxis(op, c.rank(0)) + 1; d < c.dims(0).size(); ++d)
                block *= static_cast<size_t>(c.dims(0)[d]);
        auto value = [&](int i, size_t e, T fallback) {
            if (p[i].empty()) return fallback;
            return p[i].size() == 1 ? p[i][0] : p[i][e / block % period];
        };
        for (size_t e = 0; e < x.size(); ++e) {
            T v = x[e] * value(2, e, T(1)) + value(1, e, T(0));
            y[e] = p[3].empty() ? v : std::pow(v, value(3, e, T(1)));
        }
    });
}

// The parameter as an operand that broadcasts to x.
static ir::ValueId shaped(const Scale& op, ir::DecomposeContext& c, int i) {
    const TensorDesc &p = c.desc(i), &x = c.desc(0);
    bool one = volume(p.dims).is(1);
    if (p.rank() != 1 || (one && p.rank() <= x.rank())) return c.in(i);
    if (op.mode == ScaleMode::kELEMENTWISE)
        return c.add(ir::Op::of(Reshape{.shape = staticValues(parameterDims(op, x.dims))}),
                     {c.in(i)});
    std::vector<int64_t> axes(static_cast<size_t>(x.rank()) - channelAxis(op, x.rank()) - 1);
    if (axes.empty()) return c.in(i);
    std::iota(axes.begin(), axes.end(), 1);
    return c.add(ir::Op::of(Unsqueeze{.axes = axes}), {c.in(i)});
}

// scale(x, b, a, p) = pow(sum(prod(x, a), b), p), leaving out what is absent
static bool decompose(const Scale& op, ir::DecomposeContext& c) {
    if (op.mode == ScaleMode::kELEMENTWISE && !allStatic(parameterDims(op, c.desc(0).dims)))
        return false;
    static const struct {
        int input;
        PointwiseFn fn;
    } steps[] = {{2, PointwiseFn::prod}, {1, PointwiseFn::sum}, {3, PointwiseFn::pow}};
    ir::ValueId x = c.in(0);
    for (const auto& s : steps)
        if (c.in(s.input) != ir::kNoValue)
            x = c.add(ir::Op::of(Pointwise{.fn = s.fn}), {x, shaped(op, c, s.input)});
    if (x == c.in(0)) x = c.add(ir::Op::of(Pointwise{.fn = PointwiseFn::copy}), {x});
    c.replace(0, x);
    return true;
}

BIREME_OP(
    scale, Scale,
    {.inputs = 1,
     .maxInputs = 4,
     .outputs = 1,
     .infer = infer,
     .eval = eval,
     .decompose = decompose,
     .doc = "(x * scale + shift) ^ power with one parameter, one per channel or one per element."})

}  // namespace bireme::ops
