// SPDX-License-Identifier: Apache-2.0
// Pooling of every type, with indices, blends and windows of any size.
#include "backends/cpu/typed/kernel.h"
#include "base/parallel_for.h"
#include "ops/pooling.h"
#include "ops/support/not_a_number.h"
#include "ops/support/sliding_window.h"

#include <algorithm>
#include <limits>

namespace bireme::cpu {

namespace {

using ops::WindowGrid;

// What one output position covers along one axis, in window positions.
struct Reach {
    int64_t start, first, last, padded;

    Reach(const WindowGrid& g, size_t d, int64_t output) {
        start = output * g.stride[d] - g.before[d];
        first = start < 0 ? (-start + g.dilation[d] - 1) / g.dilation[d] : 0;
        last = positions(g, d, g.input[d]);
        padded = positions(g, d, g.input[d] + g.after[d]);
    }
    int64_t count() const { return std::max<int64_t>(0, last - first); }

private:
    int64_t positions(const WindowGrid& g, size_t d, int64_t end) const {
        const int64_t room = end - 1 - start;
        return room < 0 ? 0 : std::min(g.window[d], room / g.dilation[d] + 1);
    }
};

struct PoolingTyped : TypedLoops<ops::Pooling, Natives> {
    static constexpr const char* kName = "cpu.pooling.typed";
    struct Plan {
        ops::Pooling op;
        WindowGrid g;
        static std::vector<ops::WindowAxis> axes(const ops::Pooling& op, const TypedCall& c) {
            DimVector spatial = ops::spatialDims(toDims(c.dims(0)));
            if (!op.window.empty())
                return ops::poolingAxes(ops::WindowAttributes::of(op), spatial, toDims(op.window));
            std::vector<ops::WindowAxis> all;
            for (const Dim& d : spatial) all.push_back({d, d, Dim(1), Dim(0), Dim(0)});
            return all;
        }
        Plan(const ops::Pooling& o, const TypedCall& c) : op(o), g(axes(o, c)) {}
    };

    template <typename T>
    struct Pooled {
        T top = std::numeric_limits<T>::has_infinity ? -std::numeric_limits<T>::infinity()
                                                     : std::numeric_limits<T>::lowest();
        T total = 0;
        int64_t at = -1;  // of the maximum, in the plane
    };

    template <typename T>
    static Pooled<T> window(const WindowGrid& g, const Reach& rz, const Reach& ry, const Reach& rx,
                            const T* x) {
        Pooled<T> r;
        for (int64_t z = rz.first; z < rz.last; ++z)
            for (int64_t y = ry.first; y < ry.last; ++y) {
                const int64_t line =
                    ((rz.start + z * g.dilation[0]) * g.input[1] + ry.start + y * g.dilation[1]) *
                        g.input[2] +
                    rx.start;
                for (int64_t i = rx.first; i < rx.last; ++i) {
                    const T v = x[line + i * g.dilation[2]];
                    r.total = static_cast<T>(r.total + v);
                    // The first of equal ones; a NaN stays.
                    if (v > r.top || r.at < 0 || ops::isNan(v)) {
                        if (!ops::isNan(r.top)) r.top = v;
                        r.at = line + i * g.dilation[2];
                    }
                }
            }
        return r;
    }

    template <typename T>
    static T result(const ops::Pooling& op, const Pooled<T>& r, int64_t inside, int64_t padded) {
        if (op.type == PoolingType::kMAX) return r.top;
        const int64_t count = op.excludePadding ? inside : padded;
        const T average = count ? static_cast<T>(r.total / static_cast<T>(count)) : T(0);
        if (op.type == PoolingType::kAVERAGE) return average;
        const auto blend = static_cast<double>(op.blend);
        return static_cast<T>((1 - blend) * static_cast<double>(r.top) +
                              blend * static_cast<double>(average));
    }

    template <typename T>
    static Status run(const Plan& p, const TypedCall& c) noexcept {
        const WindowGrid& g = p.g;
        const T* x = c.in<T>(0);
        T* y = c.out<T>(0);
        auto* indices = p.op.indices ? c.out<int64_t>(1) : nullptr;
        const int64_t rows = g.output[0] * g.output[1], planes = c.dims(0)[0] * c.dims(0)[1];
        parallelFor(planes * rows, std::max<int64_t>(1, 8192 / (g.output[2] * g.windowSize() + 1)),
                    [&](int64_t begin, int64_t end) {
                        for (int64_t r = begin; r < end; ++r) {
                            const int64_t plane = r / rows * g.inputSize();
                            const Reach rz(g, 0, r % rows / g.output[1]), ry(g, 1, r % g.output[1]);
                            for (int64_t o = 0; o < g.output[2]; ++o) {
                                const Reach rx(g, 2, o);
                                const auto w = window(g, rz, ry, rx, x + plane);
                                const int64_t at = r * g.output[2] + o;
                                if (y)
                                    y[at] = result(p.op, w, rz.count() * ry.count() * rx.count(),
                                                   rz.padded * ry.padded * rx.padded);
                                if (indices) indices[at] = plane + w.at;
                            }
                        }
                    });
        return Status::success();
    }
};

}  // namespace

void registerKernel_pooling_typed(tactic::Catalog& catalog) { addTyped<PoolingTyped>(catalog); }

}  // namespace bireme::cpu
