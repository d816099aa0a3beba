// SPDX-License-Identifier: Apache-2.0
// Softmax of every real type along any axis.
#include "backends/cpu/simd/rows.h"
#include "backends/cpu/typed/kernel.h"
#include "base/parallel_for.h"
#include "ops/softmax.h"
#include "ops/support/axis_view.h"

#include <algorithm>
#include <cmath>

namespace bireme::cpu {

namespace {

// n lines side by side, whose elements lie `step` apart.
void lines(const float* x, float* y, int64_t extent, int64_t step, int64_t n, bool log) {
    if (step == 1) return rowFunctions().softmax(x, y, extent, log);
    rowFunctions().softmaxColumns(x, y, extent, step, n, log);
}

void lines(const double* x, double* y, int64_t extent, int64_t step, int64_t n, bool log) {
    for (int64_t k = 0; k < n; ++k, ++x, ++y) {
        double top = x[0], total = 0;
        for (int64_t i = 1; i < extent; ++i) top = std::max(top, x[i * step]);
        for (int64_t i = 0; i < extent; ++i) total += y[i * step] = std::exp(x[i * step] - top);
        const double logTotal = std::log(total);
        for (int64_t i = 0; i < extent; ++i)
            y[i * step] = log ? x[i * step] - top - logTotal : y[i * step] / total;
    }
}

struct SoftmaxTyped : TypedLoops<ops::Softmax, Reals> {
    static constexpr const char* kName = "cpu.softmax.typed";

    template <typename T>
    static Status run(const Plan& p, const TypedCall& c) noexcept {
        const ops::AxisView v(c.dims(0), p.op.axis);
        const T* x = c.in<T>(0);
        T* y = c.out<T>(0);
        if (v.extent == 0 || v.inner == 0) return Status::success();
        const int64_t chunk = std::min(v.inner, RowFunctions::kColumns),
                      chunks = (v.inner + chunk - 1) / chunk;
        parallelFor(v.outer * chunks, std::max<int64_t>(1, 4096 / (v.extent * chunk)),
                    [&](int64_t begin, int64_t end) {
                        for (int64_t t = begin; t < end; ++t) {
                            const int64_t first = t % chunks * chunk,
                                          at = t / chunks * v.extent * v.inner + first;
                            lines(x + at, y + at, v.extent, v.inner,
                                  std::min(chunk, v.inner - first), p.op.log);
                        }
                    });
        return Status::success();
    }
};

}  // namespace

void registerKernel_softmax_typed(tactic::Catalog& catalog) { addTyped<SoftmaxTyped>(catalog); }

}  // namespace bireme::cpu
