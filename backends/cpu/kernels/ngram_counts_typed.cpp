// SPDX-License-Identifier: Apache-2.0
// Counts of n-grams, found in a sorted pool.
#include "backends/cpu/typed/kernel.h"
#include "base/parallel_for.h"
#include "ops/ngram_counts.h"

#include <algorithm>

namespace bireme::cpu {

namespace {

struct Lists {  // integers of any type, as i64
    static DataType of(DataType) { return DataType::kINT64; }
    template <typename F>
    static void visit(DataType, F&& f) {
        f(int64_t{});
    }
};

struct NgramCountsTyped : TypedLoops<ops::NgramCounts, Lists> {
    static constexpr const char* kName = "cpu.ngram_counts.typed";

    struct Plan {
        ops::NgramCounts op;
        struct Gram {
            const int64_t* elements;
            int64_t size;
            size_t id;
        };
        std::vector<Gram> grams;  // by size, then by elements

        Plan(const Plan&) = delete;
        Plan(const ops::NgramCounts& o, const TypedCall&) : op(o) {
            size_t id = 0;
            const auto size = static_cast<int64_t>(op.pool.size());
            for (size_t k = 0; k < op.starts.size(); ++k) {
                const auto n = static_cast<int64_t>(k) + 1;
                const int64_t begin = op.starts[k],
                              end = k + 1 < op.starts.size() ? op.starts[k + 1] : size;
                if (begin < 0 || end > size || begin > end || (end - begin) % n != 0)
                    failInvalid(cat("the pool's ", n, "-grams are not whole"));
                for (int64_t at = begin; at < end; at += n, ++id) {
                    if (id >= op.places.size())
                        failInvalid("the pool has more n-grams than places");
                    if (n >= op.least && n <= op.most)
                        grams.push_back({op.pool.data() + at, n, id});
                }
            }
            std::stable_sort(grams.begin(), grams.end(), [](const Gram& a, const Gram& b) {
                return compare(a, b.elements, 1, b.size) < 0;
            });
        }
        static int compare(const Gram& g, const int64_t* x, int64_t step, int64_t n) {
            if (g.size != n) return g.size < n ? -1 : 1;
            for (int64_t i = 0; i < n; ++i)
                if (g.elements[i] != x[i * step]) return g.elements[i] < x[i * step] ? -1 : 1;
            return 0;
        }
        // The gram of these elements, the last of equal ones; null: none.
        const Gram* find(const int64_t* x, int64_t step, int64_t n) const {
            auto it = std::upper_bound(grams.begin(), grams.end(), 0, [&](int, const Gram& g) {
                return compare(g, x, step, n) > 0;
            });
            if (it == grams.begin() || compare(*(it - 1), x, step, n) != 0) return nullptr;
            return &*(it - 1);
        }
    };

    static bool converts(bool output, int, DataType, DataType) { return !output; }
    static size_t scratch(const Plan& p, const TypedCall& c) {
        const auto rows = c.dims(0).size() == 2 ? c.dims(0)[0] : 1;
        return static_cast<size_t>(rows) * p.op.places.size() * sizeof(float);
    }

    template <typename T>
    static void row(const Plan& p, const T* x, int64_t length, float* counts, float* y) {
        const auto& op = p.op;
        std::fill_n(counts, op.places.size(), 0.f);
        for (int64_t step = 1; step <= op.skips + 1; ++step)
            for (int64_t n = op.least; n <= op.most; ++n) {
                if (n == 1 && step > 1) continue;  // single elements are counted once
                for (int64_t at = 0; at + (n - 1) * step < length; ++at)
                    if (const auto* g = p.find(x + at, step, n)) ++counts[g->id];
            }
        for (size_t id = 0; id < op.places.size(); ++id) {
            const float weight = op.weights.empty() ? 1 : op.weights[id];
            y[op.places[id]] += op.mode == "TF"    ? counts[id]
                                : op.mode == "IDF" ? (counts[id] > 0 ? weight : 0)
                                                   : counts[id] * weight;
        }
    }

    template <typename T>
    static Status run(const Plan& p, const TypedCall& c) noexcept {
        const int64_t rows = c.dims(0).size() == 2 ? c.dims(0)[0] : 1, length = c.dims(0).back(),
                      width = c.outDims(0).back(),
                      places = static_cast<int64_t>(p.op.places.size());
        auto* counts = reinterpret_cast<float*>(c.scratch);
        auto* y = c.out<float>(0);
        std::fill_n(y, rows * width, 0.f);
        parallelFor(
            rows, std::max<int64_t>(1, 4096 / (length + 1)), [&](int64_t begin, int64_t end) {
                for (int64_t r = begin; r < end; ++r)
                    row(p, c.in<T>(0) + r * length, length, counts + r * places, y + r * width);
            });
        return Status::success();
    }
};

}  // namespace

void registerKernel_ngram_counts_typed(tactic::Catalog& catalog) {
    addTyped<NgramCountsTyped>(catalog);
}

}  // namespace bireme::cpu
