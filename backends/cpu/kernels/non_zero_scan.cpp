// SPDX-License-Identifier: Apache-2.0
// Places of elements that are not zero: counted part by part, then written where each part's
// begin.
#include "backends/cpu/support/by_type.h"
#include "backends/cpu/support/lone_op.h"
#include "base/parallel_for.h"

#include <algorithm>
#include <limits>

namespace bireme::cpu {

namespace {

// Bits of which at least one is set in what is not zero: the sign of a float does not count.
uint64_t significant(DataType t) {
    switch (t) {
        case DataType::kFLOAT: return 0x7fffffff;
        case DataType::kDOUBLE: return std::numeric_limits<int64_t>::max();
        case DataType::kHALF:
        case DataType::kBF16: return 0x7fff;
        case DataType::kFP8:
        case DataType::kFP8_E5M2: return 0x7f;
        default: return ~uint64_t(0);
    }
}

class NonZeroBound final : public LoneBound {
public:
    explicit NonZeroBound(const LoneShapes& s) : LoneBound(s) {}

private:
    void run() override {
        bySize(elementSize(in(0).type), [&](auto element) {
            using T = decltype(element);
            if (out(0).type == DataType::kINT64)
                find<T, int64_t>();
            else
                find<T, int32_t>();
        });
    }

    template <typename T, typename I>
    void find() {
        const auto* x = reinterpret_cast<const T*>(data(0));
        const auto mask = static_cast<T>(significant(in(0).type));
        const int64_t n = count(0);
        const int64_t part = std::max<int64_t>(16384, (n + maxThreads() - 1) / maxThreads());
        const int64_t parts = (n + part - 1) / part;
        std::vector<int64_t> first(static_cast<size_t>(parts) + 1, 0);
        parallelFor(parts, 1, [&](int64_t begin, int64_t end) {
            for (int64_t p = begin; p < end; ++p) {
                int64_t found = 0;
                for (int64_t i = p * part; i < std::min(n, (p + 1) * part); ++i)
                    found += (x[i] & mask) != 0;
                first[static_cast<size_t>(p) + 1] = found;
            }
        });
        for (size_t p = 0; p < static_cast<size_t>(parts); ++p) first[p + 1] += first[p];
        const int64_t total = first.back();
        const auto& dims = in(0).dims;
        auto* y = reinterpret_cast<I*>(give(0, {static_cast<int64_t>(dims.size()), total}));
        parallelFor(parts, 1, [&](int64_t begin, int64_t end) {
            for (int64_t p = begin; p < end; ++p) {
                int64_t to = first[static_cast<size_t>(p)];
                for (int64_t i = p * part; i < std::min(n, (p + 1) * part); ++i) {
                    if ((x[i] & mask) == 0) continue;
                    int64_t rest = i;
                    for (size_t d = dims.size(); d-- > 0; rest /= dims[d])
                        y[static_cast<int64_t>(d) * total + to] =
                            static_cast<I>(d == 0 ? rest : rest % dims[d]);
                    ++to;
                }
            }
        });
    }
};

Support supportsElements(const tactic::Query& q, const ir::Node& node) {
    const DataType t = operandType(q, node, 0);
    return t == DataType::kE8M0 ? no("e8m0 has no zero") : yes();
}

}  // namespace

void registerKernel_non_zero_scan(tactic::Catalog& catalog) {
    catalog.add(
        loneFactory({"cpu.non_zero.scan", "non_zero", supportsElements, bindLone<NonZeroBound>}));
}

}  // namespace bireme::cpu
