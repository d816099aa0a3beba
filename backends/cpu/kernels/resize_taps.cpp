// SPDX-License-Identifier: Apache-2.0
// Interpolation of any axes of any type, one axis after another: what the vectorised resize does
// not take, and resize with antialiasing, regions and scales that are data.
#include "ops/support/resize_taps.h"
#include "backends/cpu/support/by_type.h"
#include "backends/cpu/support/lone_op.h"
#include "base/parallel_for.h"
#include "base/status.h"
#include "ir/eval.h"
#include "ops/resize.h"
#include "ops/support/axis_view.h"
#include "ops/support/resample_taps.h"
#include "tensor/convert.h"

#include <algorithm>
#include <array>

namespace bireme::cpu {

namespace {

constexpr int64_t kGrain = 16384;  // elements that are worth a thread

// What every output coordinate of one axis reads: taps first[o] to first[o + 1].
struct AxisTaps {
    bool identity = true;
    int64_t out = 0;
    std::vector<int64_t> first{0}, at;
    std::vector<double> weight;

    void add(int64_t index, double w) { at.push_back(index), weight.push_back(w); }
    void close() { first.push_back(static_cast<int64_t>(at.size())); }
    bool isOutside(int64_t o) const {
        return first[static_cast<size_t>(o)] == first[static_cast<size_t>(o) + 1];
    }
};

class AxesBound : public LoneBound {
protected:
    AxesBound(const LoneShapes& s, bool nearest) : LoneBound(s), nearest_(nearest) {}

    // Output 0 from the axes' taps; an output without taps is `outside`.
    void interpolate(const std::vector<AxisTaps>& axes, float outside) {
        std::vector<int64_t> dims;
        for (const AxisTaps& a : axes) dims.push_back(a.out);
        char* to = give(0, dims);
        if (product(dims) == 0) return;
        if (count(0) == 0) fail(ErrorCode::kFAILED_EXECUTION, "cannot resize an empty tensor");
        const DataType type = in(0).type;
        if (nearest_)
            pick(axes, dims, outside, to);
        else if (type == DataType::kDOUBLE || !isReal(type))
            mix<double>(axes, outside, to);
        else
            mix<float>(axes, outside, to);
    }

private:
    void pick(const std::vector<AxisTaps>& axes, const std::vector<int64_t>& dims, float outside,
              char* to) const {
        std::array<uint64_t, 1> fill{};
        convertElements(DataType::kFLOAT, &outside, in(0).type, fill.data(), 1);
        // Per axis and output index the distance from the start, or -1.
        std::vector<std::vector<int64_t>> tables;
        const auto strides = ir::rowMajorStrides(in(0).dims);
        for (size_t d = 0; d < axes.size(); ++d) {
            tables.emplace_back();
            for (int64_t o = 0; o < dims[d]; ++o)
                tables[d].push_back(
                    axes[d].identity ? o * strides[d]
                    : axes[d].isOutside(o)
                        ? -1
                        : axes[d].at[static_cast<size_t>(axes[d].first[static_cast<size_t>(o)])] *
                              strides[d]);
        }
        if (tables.empty()) tables.push_back({0});
        bySize(elementSize(in(0).type), [&](auto element) {
            using T = decltype(element);
            pickRows(tables, reinterpret_cast<const T*>(data(0)), static_cast<T>(fill[0]),
                     reinterpret_cast<T*>(to));
        });
    }

    template <typename T>
    static void pickRows(const std::vector<std::vector<int64_t>>& tables, const T* x, T fill,
                         T* y) {
        const auto& last = tables.back();
        const auto row = static_cast<int64_t>(last.size());
        int64_t rows = 1;
        for (size_t d = 0; d + 1 < tables.size(); ++d)
            rows *= static_cast<int64_t>(tables[d].size());
        parallelFor(rows, kGrain / (row + 1) + 1, [&](int64_t begin, int64_t end) {
            for (int64_t r = begin; r < end; ++r) {
                int64_t rest = r, base = 0;
                bool inside = true;
                for (size_t d = tables.size() - 1; d-- > 0;) {
                    const auto n = static_cast<int64_t>(tables[d].size());
                    const int64_t step = tables[d][static_cast<size_t>(rest % n)];
                    inside = inside && step >= 0;
                    base += step;
                    rest /= n;
                }
                T* to = y + r * row;
                for (size_t i = 0; i < last.size(); ++i)
                    to[i] = inside && last[i] >= 0 ? x[base + last[i]] : fill;
            }
        });
    }

    template <typename T>
    void mix(const std::vector<AxisTaps>& axes, float outside, char* to) {
        std::vector<T> own, next;
        const T* x = elements<T>(0, own);
        auto dims = in(0).dims;
        for (size_t d = dims.size(); d-- > 0;) {
            if (axes[d].identity) continue;
            const ops::AxisView view(dims, static_cast<int64_t>(d));
            next.resize(static_cast<size_t>(view.outer * axes[d].out * view.inner));
            along(x, view, axes[d], static_cast<T>(outside), next.data());
            own.swap(next);
            x = own.data();
            dims[d] = axes[d].out;
        }
        store(0, x, to, product(dims));
    }

    template <typename T>
    static void along(const T* x, const ops::AxisView& view, const AxisTaps& taps, T outside,
                      T* y) {
        const std::vector<T> weight(taps.weight.begin(), taps.weight.end());
        parallelFor(view.outer * taps.out, kGrain / (view.inner * 4) + 1,
                    [&](int64_t begin, int64_t end) {
                        for (int64_t row = begin; row < end; ++row) {
                            const auto o = static_cast<size_t>(row % taps.out);
                            T* to = y + row * view.inner;
                            const T* from = x + row / taps.out * view.extent * view.inner;
                            std::fill_n(to, view.inner,
                                        taps.first[o] == taps.first[o + 1] ? outside : T(0));
                            for (int64_t t = taps.first[o]; t < taps.first[o + 1]; ++t) {
                                const T w = weight[static_cast<size_t>(t)];
                                const T* line = from + taps.at[static_cast<size_t>(t)] * view.inner;
                                for (int64_t k = 0; k < view.inner; ++k) to[k] += w * line[k];
                            }
                        }
                    });
    }

    bool nearest_;
};

class ResizeBound final : public AxesBound {
public:
    explicit ResizeBound(const LoneShapes& s)
        : AxesBound(s, s.op.as<ops::Resize>()->mode == InterpolationMode::kNEAREST) {
        const auto& op = *s.op.as<ops::Resize>();
        const auto &x = s.in(0).dims, &y = s.out(0).dims;
        for (size_t d = 0; d < x.size(); ++d) {
            AxisTaps& a = axes_.emplace_back();
            a.out = y[d];
            a.identity = x[d] == y[d] && (op.scales.empty() || op.scales[d] == 1);
            if (a.identity || x[d] == 0) continue;
            const float scale = op.scales.empty()
                                    ? static_cast<float>(y[d]) / static_cast<float>(x[d])
                                    : op.scales[d];
            for (const ops::Taps& t : ops::resizeTaps(op, x[d], y[d], scale)) {
                for (int k = 0; k < t.count; ++k)
                    a.add(t.index[k], static_cast<double>(t.weight[k]));
                a.close();
            }
        }
    }

private:
    void run() override { interpolate(axes_, 0); }
    std::vector<AxisTaps> axes_;
};

class ResampleBound final : public AxesBound {
public:
    explicit ResampleBound(const LoneShapes& s)
        : AxesBound(s, s.op.as<ops::Resample>()->mode == "nearest"),
          op_(*s.op.as<ops::Resample>()) {}

private:
    void run() override {
        std::vector<float> scaleValues;
        std::vector<double> regionValues;
        std::span<const float> scales;
        std::span<const double> region;
        if (has(1)) region = {elements<double>(1, regionValues), static_cast<size_t>(count(1))};
        if (has(2)) scales = {elements<float>(2, scaleValues), static_cast<size_t>(count(2))};
        std::vector<AxisTaps> axes;
        for (const ops::ResampleAxis& from : ops::resampleAxes(
                 op_, in(0).dims, scales, has(3) ? integers(3) : std::vector<int64_t>{}, region)) {
            AxisTaps& a = axes.emplace_back();
            a.out = from.out;
            a.identity = from.isIdentity(op_);
            if (a.identity || from.in == 0) continue;
            for (const ops::ResampleTaps& t : ops::resampleTaps(op_, from)) {
                for (size_t k = 0; k < t.at.size() && !t.outside; ++k) a.add(t.at[k], t.weight[k]);
                a.close();
            }
        }
        interpolate(axes, op_.outside);
    }

    ops::Resample op_;
};

}  // namespace

void registerKernel_resize_taps(tactic::Catalog& catalog) {
    catalog.add(loneFactory({"cpu.resize.taps", "resize", nullptr, bindLone<ResizeBound>}));
    catalog.add(loneFactory({"cpu.resample.taps", "resample", nullptr, bindLone<ResampleBound>}));
}

}  // namespace bireme::cpu
