// SPDX-License-Identifier: Apache-2.0
// Normalization of every real type, with sums in double, and local response normalization.
#include "backends/cpu/typed/kernel.h"
#include "base/parallel_for.h"
#include "ir/eval.h"
#include "ops/lrn.h"
#include "ops/normalization.h"
#include "ops/support/axis_set.h"
#include "ops/support/axis_view.h"
#include "tensor/walk.h"

#include <algorithm>
#include <array>
#include <cmath>

namespace bireme::cpu {

namespace {

bool areLast(const std::vector<bool>& set) {
    return std::is_sorted(set.begin(), set.end()) && !set.empty() && set.back();
}

// A normalization without groups: their dim is split into groups and the channels of one, which is
// normalized with the axes.
struct Split {
    std::vector<int64_t> dims;
    std::vector<bool> set;
    int64_t groups;

    Split(const ops::Normalization& op, const std::vector<int64_t>& x)
        : dims(x), set(ops::axisSet(op.axes, static_cast<int>(x.size()))), groups(op.groups) {
        if (groups == 1) return;
        dims[1] /= groups;
        set[1] = true;
        dims.insert(dims.begin() + 1, groups);
        set.insert(set.begin() + 1, false);
    }
    // Steps over the dims of x as steps over the split ones.
    std::vector<int64_t> steps(std::vector<int64_t> s) const {
        if (groups != 1) s.insert(s.begin() + 1, s[1] * dims[2]);
        return s;
    }
};

// Where the elements of a tensor lie that belong to a row and to a place in it.
struct Places {
    std::vector<int64_t> row, place;

    Places() = default;
    Places(const Split& split, const std::vector<int64_t>& steps) {
        std::array<std::vector<int64_t>, 2> dims, by;
        for (size_t d = 0; d < steps.size(); ++d) {
            dims[split.set[d]].push_back(split.dims[d]);
            by[split.set[d]].push_back(steps[d]);
        }
        row = all(dims[0], by[0]);
        place = all(dims[1], by[1]);
    }

private:
    static std::vector<int64_t> all(const std::vector<int64_t>& dims,
                                    const std::vector<int64_t>& steps) {
        std::vector<int64_t> out, index(dims.size(), 0);
        const int64_t count = product(dims);
        out.reserve(static_cast<size_t>(count));
        for (int64_t i = 0; i < count; ++i, ir::nextIndex(index, dims)) {
            int64_t at = 0;
            for (size_t d = 0; d < dims.size(); ++d) at += index[d] * steps[d];
            out.push_back(at);
        }
        return out;
    }
};

struct NormalizationTyped : TypedLoops<ops::Normalization, Reals> {
    static constexpr const char* kName = "cpu.normalization.typed";

    struct Plan {
        ops::Normalization op;
        bool dense;                    // a row's elements are neighbours
        int64_t rows, inner;           // inner: elements of a row
        std::array<Places, 3> places;  // of x, scale and bias

        Plan(const ops::Normalization& o, const TypedCall& c) : op(o) {
            const Split split(o, c.dims(0));
            dense = areLast(split.set);
            inner = 1;
            for (size_t d = 0; d < split.dims.size(); ++d)
                if (split.set[d]) inner *= split.dims[d];
            rows = inner ? c.count(0) / inner : 0;
            if (!dense) places[0] = Places(split, ir::rowMajorStrides(split.dims));
            for (int i = 1; i < 3; ++i)
                if (c.has(i))
                    places[static_cast<size_t>(i)] = Places(
                        split, split.steps(broadcastSteps(c.dims(i), Format::linear(), c.dims(0))));
        }
    };

    static bool converts(bool, int, DataType, DataType) { return true; }

    template <typename T>
    static Status run(const Plan& p, const TypedCall& c) noexcept {
        parallelFor(p.rows, std::max<int64_t>(1, 8192 / std::max<int64_t>(1, p.inner)),
                    [&](int64_t begin, int64_t end) {
                        for (int64_t r = begin; r < end; ++r)
                            if (p.dense)
                                one<T>(p, c, r, r * p.inner, [](int64_t i) { return i; });
                            else
                                one<T>(
                                    p, c, r, p.places[0].row[static_cast<size_t>(r)],
                                    [at = p.places[0].place.data()](int64_t i) { return at[i]; });
                    });
        return Status::success();
    }

    // Row r, whose element i lies `at(i)` behind `first`.
    template <typename T, typename F>
    static void one(const Plan& p, const TypedCall& c, int64_t r, int64_t first, F&& at) {
        const T* x = c.in<T>(0) + first;
        T* y = c.out<T>(0) + first;
        const int64_t n = p.inner;
        double mean = 0, squares = 0;
        if (!p.op.rms) {
            for (int64_t i = 0; i < n; ++i) mean += x[at(i)];
            mean /= static_cast<double>(n);
        }
        for (int64_t i = 0; i < n; ++i) squares += (x[at(i)] - mean) * (x[at(i)] - mean);
        const double factor = 1 / p.op.deviation(squares / static_cast<double>(n));
        for (int64_t i = 0; i < n; ++i) y[at(i)] = static_cast<T>((x[at(i)] - mean) * factor);
        const auto apply = [&](int operand, auto&& f) {
            if (!c.has(operand)) return;
            const Places& places = p.places[static_cast<size_t>(operand)];
            const T* values = c.in<T>(operand) + places.row[static_cast<size_t>(r)];
            for (int64_t i = 0; i < n; ++i)
                y[at(i)] = f(y[at(i)], values[places.place[static_cast<size_t>(i)]]);
        };
        apply(1, [](T a, T b) { return a * b; });
        apply(2, [](T a, T b) { return a + b; });
    }
};

struct LrnTyped : TypedLoops<ops::Lrn, Reals> {
    static constexpr const char* kName = "cpu.lrn.typed";

    template <typename T>
    static Status run(const Plan& p, const TypedCall& c) noexcept {
        const ops::AxisView v(c.dims(0), 1);
        const int64_t before = (p.op.window - 1) / 2, after = p.op.window / 2;
        const T *x = c.in<T>(0), scale = p.op.alpha / static_cast<T>(p.op.window);
        T* y = c.out<T>(0);
        parallelFor(v.outer * v.extent, 1 + 2048 / (v.inner + 1), [&](int64_t begin, int64_t end) {
            for (int64_t t = begin; t < end; ++t) {
                const int64_t channel = t % v.extent, image = t - channel;
                const int64_t first = std::max<int64_t>(0, channel - before),
                              last = std::min(v.extent - 1, channel + after);
                T* line = y + t * v.inner;
                std::fill_n(line, v.inner, T(0));
                for (int64_t i = first; i <= last; ++i) {
                    const T* from = x + (image + i) * v.inner;
                    for (int64_t k = 0; k < v.inner; ++k) line[k] += from[k] * from[k];
                }
                for (int64_t k = 0; k < v.inner; ++k)
                    line[k] =
                        x[t * v.inner + k] / std::pow(static_cast<T>(p.op.k) + scale * line[k],
                                                      static_cast<T>(p.op.beta));
            }
        });
        return Status::success();
    }
};

}  // namespace

void registerKernel_normalization_typed(tactic::Catalog& catalog) {
    addTyped<NormalizationTyped>(catalog);
    addTyped<LrnTyped>(catalog);
}

}  // namespace bireme::cpu
