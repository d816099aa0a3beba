// SPDX-License-Identifier: Apache-2.0
// One-hot rows for values of every size.
#include "backends/cpu/typed/kernel.h"
#include "base/parallel_for.h"
#include "ops/one_hot.h"
#include "ops/support/axis_view.h"

#include <algorithm>

namespace bireme::cpu {

namespace {

struct Indices {  // of any type, as i64
    static DataType of(DataType) { return DataType::kINT64; }
    template <typename F>
    static void visit(DataType, F&& f) {
        f(int64_t{});
    }
};

template <typename E>
void fill(const ops::AxisView& v, const int64_t* indices, const E* values, E* y) {
    const int64_t block = v.extent * v.inner;
    parallelFor(v.outer, std::max<int64_t>(1, 32768 / std::max<int64_t>(1, block)),
                [&](int64_t begin, int64_t end) {
                    std::fill(y + begin * block, y + end * block, values[0]);
                    for (int64_t o = begin; o < end; ++o)
                        for (int64_t k = 0; k < v.inner; ++k) {
                            int64_t i = indices[o * v.inner + k];
                            if (i < 0) i += v.extent;
                            if (i >= 0 && i < v.extent) y[o * block + i * v.inner + k] = values[1];
                        }
                });
}

struct OneHotTyped : TypedLoops<ops::OneHot, Indices> {
    static constexpr const char* kName = "cpu.one_hot.typed";

    static bool converts(bool output, int i, DataType, DataType) { return !output && i == 0; }
    static Support supports(const ops::OneHot&, const tactic::Query& q) {
        return bits(q.out(0).type) < 8 ? no("values below a byte") : yes();
    }
    template <typename T>
    static Status run(const Plan& p, const TypedCall& c) noexcept {
        const ops::AxisView v(c.outDims(0), p.op.axis);
        auto as = [&](auto e) {
            using E = decltype(e);
            fill(v, c.in<T>(0), c.in<E>(1), c.out<E>(0));
        };
        switch (bits(c.outStored(0))) {
            case 8: as(uint8_t{}); break;
            case 16: as(uint16_t{}); break;
            case 32: as(uint32_t{}); break;
            default: as(uint64_t{});
        }
        return Status::success();
    }
};

}  // namespace

void registerKernel_one_hot_typed(tactic::Catalog& catalog) { addTyped<OneHotTyped>(catalog); }

}  // namespace bireme::cpu
