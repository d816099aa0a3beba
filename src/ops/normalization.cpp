// SPDX-License-Identifier: Apache-2.0
#include "ops/normalization.h"

#include "ir/eval.h"
#include "ir/infer.h"
#include "ir/work.h"
#include "ops/support/axis_set.h"

#include <cmath>

namespace bireme::ops {

static void checkParameter(const Normalization& op, const ir::InferContext& c, int i) {
    if (!c.has(i)) return;
    const char* what = i == 1 ? "scale" : "bias";
    const TensorDesc &x = c.in(0), &p = c.in(i);
    c.requireReal(i);
    c.require(p.rank() <= x.rank(), "the ", what, " ", p.text(),
              " has more dimensions than the input ", x.text());
    for (int k = 0; k < p.rank(); ++k) {
        int d = x.rank() - p.rank() + k;
        const Dim &have = p.dims[static_cast<size_t>(k)], &want = x.dims[static_cast<size_t>(d)];
        bool perGroup = d == 1 && op.groups != 1 && have.is(op.groups);
        c.require(perGroup || !have.isStatic() || !want.isStatic() || have.is(1) || have == want,
                  "the ", what, " ", p.text(), " cannot be broadcast to the input ", x.text());
    }
}

static void infer(const Normalization& op, ir::InferContext& c) {
    const TensorDesc& x = c.in(0);
    c.requireReal(0);
    c.require(!op.axes.empty(), "normalization needs at least one axis");
    auto set = axisSet(c, op.axes, x.rank());
    c.require(!op.floor || op.rms, "a floor of the variance is for root-mean-square normalization");
    c.require(op.groups >= 1, "the number of groups is ", op.groups);
    if (op.groups != 1) {
        c.require(
            x.rank() >= 3,
            "normalization by groups needs batch, channel and spatial dimensions, the input is ",
            x.text());
        for (size_t d = 0; d < set.size(); ++d)
            c.require(set[d] == (d >= 2), "with groups the axes must be all spatial dimensions");
        c.require(!x.dims[1].isStatic() || x.dims[1].value() % op.groups == 0, x.dims[1].text(),
                  " channels do not divide into ", op.groups, " groups");
    }
    checkParameter(op, c, 1);
    checkParameter(op, c, 2);
    c.out(0) = x;
}

// Groups become a dim of their own: [N, C, ...] is seen as [N, groups, C / groups, ...].
static std::vector<int64_t> splitGroups(std::vector<int64_t> dims, size_t rank, int64_t groups,
                                        int64_t channels) {
    dims.insert(dims.begin(), rank - dims.size(), 1);
    if (groups == 1) return dims;
    int64_t d = dims[1];
    bool perGroup = d == groups && d != channels;
    dims[1] = d == 1 ? 1 : groups;
    dims.insert(dims.begin() + 2, d == 1 || perGroup ? 1 : d / groups);
    return dims;
}

namespace {
struct Statistics {
    std::vector<double> mean, factor;  // per slot; factor = 1 / sqrt(variance + epsilon)
};
}  // namespace

template <typename T>
static Statistics measure(const Normalization& op, std::span<const T> x,
                          const std::vector<int64_t>& dims, const std::vector<bool>& set) {
    int64_t slots = 1, count = 1;
    for (size_t d = 0; d < dims.size(); ++d) (set[d] ? count : slots) *= dims[d];
    Statistics s{std::vector<double>(static_cast<size_t>(slots)),
                 std::vector<double>(static_cast<size_t>(slots))};
    auto at = [](int64_t i) { return static_cast<size_t>(i); };
    if (!op.rms) forEachSlot(dims, set, [&](int64_t e, int64_t i) { s.mean[at(i)] += x[at(e)]; });
    for (double& m : s.mean) m /= static_cast<double>(count);
    forEachSlot(dims, set, [&](int64_t e, int64_t i) {
        double d = x[at(e)] - s.mean[at(i)];
        s.factor[at(i)] += d * d;
    });
    for (double& f : s.factor) f = 1 / op.deviation(f / static_cast<double>(count));
    return s;
}

// One value per element: a parameter broadcast to the split dims.
template <typename T, typename F>
static void forEachParameter(std::span<const T> p, const std::vector<int64_t>& own,
                             const std::vector<int64_t>& dims, F&& f) {
    std::vector<bool> repeated;
    for (size_t d = 0; d < dims.size(); ++d) repeated.push_back(own[d] == 1);
    forEachSlot(dims, repeated,
                [&](int64_t e, int64_t slot) { f(e, p[static_cast<size_t>(slot)]); });
}

static void eval(const Normalization& op, ir::EvalContext& c) {
    auto rank = static_cast<size_t>(c.rank(0));
    int64_t channels = rank > 1 ? c.dims(0)[1] : 1;
    auto dims = splitGroups(c.dims(0), rank, op.groups, channels);
    auto set = axisSet(op.axes, c.rank(0));
    if (op.groups != 1) set.insert(set.begin() + 2, true);
    c.computeReal(c.type(0), [&](auto t) {
        using T = decltype(t);
        auto x = c.read<T>(0);
        auto y = c.write<T>(0);
        Statistics s = measure<T>(op, x, dims, set);
        forEachSlot(dims, set, [&](int64_t e, int64_t slot) {
            auto i = static_cast<size_t>(slot), k = static_cast<size_t>(e);
            y[k] = static_cast<T>((x[k] - s.mean[i]) * s.factor[i]);
        });
        auto own = [&](int i) { return splitGroups(c.dims(i), rank, op.groups, channels); };
        if (c.has(1))
            forEachParameter(c.read<T>(1), own(1), dims,
                             [&](int64_t e, T v) { y[static_cast<size_t>(e)] *= v; });
        if (c.has(2))
            forEachParameter(c.read<T>(2), own(2), dims,
                             [&](int64_t e, T v) { y[static_cast<size_t>(e)] += v; });
    });
}

// Mean, variance (three) and scaling by it (two); with RMS the squares' mean (two) and one product.
static Dim operations(const Normalization& op, const ir::Work& w) {
    return Dim((op.rms ? 3 : 6) + w.has(1) + w.has(2)) * volume(w.out());
}

BIREME_OP(normalization, Normalization,
          {.inputs = 1,
           .maxInputs = 3,
           .outputs = 1,
           .infer = infer,
           .eval = eval,
           .operations = operations,
           .doc = "Layer, instance, group or root-mean-square normalization."})

}  // namespace bireme::ops
