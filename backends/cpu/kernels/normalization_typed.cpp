// SPDX-License-Identifier: Apache-2.0
// Normalization of every real type over the last axes, sums in double.
#include "backends/cpu/typed/kernel.h"
#include "base/parallel_for.h"
#include "ir/eval.h"
#include "ops/normalization.h"
#include "ops/support/axis_set.h"
#include "tensor/walk.h"

#include <algorithm>
#include <array>
#include <cmath>

namespace bireme::cpu {

namespace {

bool areLast(const std::vector<bool>& set) {
    return std::is_sorted(set.begin(), set.end()) && !set.empty() && set.back();
}

struct NormalizationTyped : TypedLoops<ops::Normalization, Reals> {
    static constexpr const char* kName = "cpu.normalization.typed";

    // Where the elements of a scale or bias lie that belong to a row and to a place in it.
    struct Parameter {
        std::vector<int64_t> row, place;
    };
    struct Plan {
        ops::Normalization op;
        int64_t inner = 1;  // elements of a row
        std::array<Parameter, 2> parameters;

        Plan(const ops::Normalization& o, const TypedCall& c) : op(o) {
            const std::vector<int64_t>& dims = c.dims(0);
            const auto set = ops::axisSet(op.axes, static_cast<int>(dims.size()));
            const auto first = std::find(set.begin(), set.end(), true) - set.begin();
            const std::vector<int64_t> outer(dims.begin(), dims.begin() + first),
                last(dims.begin() + first, dims.end());
            inner = product(last);
            for (int i = 0; i < 2; ++i) {
                if (!c.has(i + 1)) continue;
                const auto steps = broadcastSteps(c.dims(i + 1), Format::linear(), dims);
                parameters[static_cast<size_t>(i)] = {
                    places(outer, {steps.begin(), steps.begin() + first}),
                    places(last, {steps.begin() + first, steps.end()})};
            }
        }

        static std::vector<int64_t> places(const std::vector<int64_t>& dims,
                                           const std::vector<int64_t>& steps) {
            std::vector<int64_t> all, index(dims.size(), 0);
            const int64_t count = product(dims);
            all.reserve(static_cast<size_t>(count));
            for (int64_t i = 0; i < count; ++i, ir::nextIndex(index, dims)) {
                int64_t at = 0;
                for (size_t d = 0; d < dims.size(); ++d) at += index[d] * steps[d];
                all.push_back(at);
            }
            return all;
        }
    };

    static bool converts(bool, int, DataType, DataType) { return true; }
    static Support supports(const ops::Normalization& op, const tactic::Query& q) {
        if (op.groups != 1) return no("groups");
        if (!areLast(ops::axisSet(op.axes, q.out(0).rank()))) return no("not the last axes");
        return yes();
    }

    template <typename T>
    static Status run(const Plan& p, const TypedCall& c) noexcept {
        const int64_t n = p.inner, rows = n ? c.count(0) / n : 0;
        const T *x = c.in<T>(0), *scale = c.in<T>(1), *bias = c.in<T>(2);
        T* y = c.out<T>(0);
        parallelFor(
            rows, std::max<int64_t>(1, 8192 / std::max<int64_t>(1, n)),
            [&](int64_t begin, int64_t end) {
                for (int64_t r = begin; r < end; ++r) {
                    one(p.op, x + r * n, y + r * n, n);
                    each(p.parameters[0], scale, r, y + r * n, n, [](T a, T b) { return a * b; });
                    each(p.parameters[1], bias, r, y + r * n, n, [](T a, T b) { return a + b; });
                }
            });
        return Status::success();
    }

    template <typename T>
    static void one(const ops::Normalization& op, const T* x, T* y, int64_t n) {
        double mean = 0, squares = 0;
        if (!op.rms) {
            for (int64_t i = 0; i < n; ++i) mean += x[i];
            mean /= static_cast<double>(n);
        }
        for (int64_t i = 0; i < n; ++i) squares += (x[i] - mean) * (x[i] - mean);
        const double factor =
            1 / std::sqrt(squares / static_cast<double>(n) + static_cast<double>(op.epsilon));
        for (int64_t i = 0; i < n; ++i) y[i] = static_cast<T>((x[i] - mean) * factor);
    }

    template <typename T, typename F>
    static void each(const Parameter& p, const T* values, int64_t row, T* y, int64_t n, F&& f) {
        if (!values) return;
        values += p.row[static_cast<size_t>(row)];
        for (int64_t i = 0; i < n; ++i) y[i] = f(y[i], values[p.place[static_cast<size_t>(i)]]);
    }
};

}  // namespace

void registerKernel_normalization_typed(tactic::Catalog& catalog) {
    addTyped<NormalizationTyped>(catalog);
}

}  // namespace bireme::cpu
