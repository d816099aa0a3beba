// SPDX-License-Identifier: Apache-2.0
// Running sums and products of every type along an axis that is data.
#include "backends/cpu/typed/kernel.h"
#include "base/parallel_for.h"
#include "ops/cumulative.h"
#include "ops/support/axis_view.h"

#include <algorithm>

namespace bireme::cpu {

namespace {

constexpr int64_t kChunk = 256;  // lines side by side

template <typename T>
struct Running {
    // Integers wrap; sums of reals are kept in double.
    using A = std::conditional_t<std::is_floating_point_v<T>, double, uint64_t>;

    template <bool product, bool exclusive>
    static void lines(const T* x, T* y, int64_t extent, int64_t step, int64_t n) {
        if (n == 1) {  // the running value stays in a register
            A a = product ? 1 : 0;
            for (int64_t i = 0; i < extent; ++i, x += step, y += step) {
                const A v = static_cast<A>(*x), next = product ? a * v : a + v;
                *y = static_cast<T>(exclusive ? a : next);
                a = next;
            }
            return;
        }
        A a[kChunk];
        std::fill_n(a, n, A(product ? 1 : 0));
        for (int64_t i = 0; i < extent; ++i, x += step, y += step)
            for (int64_t k = 0; k < n; ++k) {
                const A v = static_cast<A>(x[k]), next = product ? a[k] * v : a[k] + v;
                y[k] = static_cast<T>(exclusive ? a[k] : next);
                a[k] = next;
            }
    }
};

struct CumulativeTyped : TypedLoops<ops::Cumulative, Natives> {
    static constexpr const char* kName = "cpu.cumulative.typed";

    static bool converts(bool output, int i, DataType, DataType) { return output || i == 0; }

    template <typename T>
    static Status run(const Plan& p, const TypedCall& c) noexcept {
        const auto rank = static_cast<int64_t>(c.dims(0).size());
        const int64_t axis = c.integer(1);
        if (axis < -rank || axis >= rank)
            return Status::failure(ErrorCode::kFAILED_EXECUTION,
                                   "the axis is outside the dimensions of the input");
        const ops::AxisView v(c.dims(0), axis);
        const T* x = c.in<T>(0);
        T* y = c.out<T>(0);
        if (v.extent == 0) return Status::success();
        auto lines = p.op.product     ? p.op.exclusive ? Running<T>::template lines<true, true>
                                                       : Running<T>::template lines<true, false>
                         : p.op.exclusive ? Running<T>::template lines<false, true>
                                      : Running<T>::template lines<false, false>;
        const int64_t chunks = (v.inner + kChunk - 1) / kChunk, step = v.inner;
        parallelFor(v.outer * chunks, std::max<int64_t>(1, 16384 / (v.extent * kChunk)),
                    [&](int64_t begin, int64_t end) {
                        for (int64_t t = begin; t < end; ++t) {
                            const int64_t first = t % chunks * kChunk,
                                          last = p.op.reverse ? (v.extent - 1) * step : 0,
                                          at = t / chunks * v.extent * v.inner + first + last;
                            lines(x + at, y + at, v.extent, p.op.reverse ? -step : step,
                                  std::min(kChunk, v.inner - first));
                        }
                    });
        return Status::success();
    }
};

}  // namespace

void registerKernel_cumulative_typed(tactic::Catalog& catalog) {
    addTyped<CumulativeTyped>(catalog);
}

}  // namespace bireme::cpu
