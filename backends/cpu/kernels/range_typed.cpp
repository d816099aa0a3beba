// SPDX-License-Identifier: Apache-2.0
// start, start + step, ...: reals in double, integers wrapping in 64 bits.
#include "backends/cpu/simd/convert.h"
#include "backends/cpu/typed/kernel.h"
#include "base/parallel_for.h"
#include "ops/range.h"

#include <algorithm>
#include <cmath>

namespace bireme::cpu {

namespace {

struct Progression {  // in f64 or i64
    static DataType of(DataType stored) {
        return isReal(stored) ? DataType::kDOUBLE : DataType::kINT64;
    }
    template <typename F>
    static void visit(DataType type, F&& f) {
        if (type == DataType::kDOUBLE)
            f(double{});
        else
            f(uint64_t{});
    }
};

struct RangeTyped : TypedLoops<ops::Range, Progression> {
    static constexpr const char* kName = "cpu.range.typed";

    static bool converts(bool, int, DataType, DataType) { return false; }
    static Support supports(const ops::Range&, const tactic::Query& q) {
        return bits(q.out(0).type) < 8 ? no("elements below a byte") : yes();
    }

    // The number of elements; -1 where there is no end.
    static int64_t length(const TypedCall& c) {
        const double start = c.real(0), limit = c.real(1), delta = c.real(2);
        if (delta == 0 || !std::isfinite(start) || !std::isfinite(limit) || !std::isfinite(delta))
            return -1;
        return static_cast<int64_t>(std::max(0.0, std::ceil((limit - start) / delta)));
    }

    template <typename T>
    static Status run(const Plan&, const TypedCall& c) noexcept {
        constexpr bool kReal = std::is_same_v<T, double>;
        const int64_t n = kReal ? length(c) : c.outCount(0);
        if (n < 0) return Status::failure(ErrorCode::kFAILED_EXECUTION, "the range has no end");
        if (!c.outputs[0].open && n != c.outCount(0))
            return Status::failure(ErrorCode::kFAILED_EXECUTION,
                                   "the range has another length than the shapes said");
        auto* y = static_cast<char*>(c.memory(0, {n}, 1));
        if (n == 0) return Status::success();
        if (!y) return Status::failure(ErrorCode::kFAILED_ALLOCATION, "no memory for the range");
        const T start = kReal ? static_cast<T>(c.real(0)) : static_cast<T>(c.integer(0)),
                delta = kReal ? static_cast<T>(c.real(2)) : static_cast<T>(c.integer(2));
        constexpr int64_t kChunk = 512;
        const DataType from = kReal ? DataType::kDOUBLE : DataType::kINT64, to = c.outStored(0);
        parallelFor((n + kChunk - 1) / kChunk, 16, [&](int64_t begin, int64_t end) {
            T chunk[kChunk];
            for (int64_t first = begin * kChunk; first < std::min(n, end * kChunk);
                 first += kChunk) {
                const int64_t count = std::min(kChunk, n - first);
                for (int64_t i = 0; i < count; ++i)
                    chunk[i] = start + static_cast<T>(first + i) * delta;
                convertTile(from, chunk, to, y + first * bits(to) / 8, count);
            }
        });
        return Status::success();
    }
};

}  // namespace

void registerKernel_range_typed(tactic::Catalog& catalog) { addTyped<RangeTyped>(catalog); }

}  // namespace bireme::cpu
