// SPDX-License-Identifier: Apache-2.0
// Counts of n-grams, found by their hashes.
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
        std::vector<Gram> grams;
        mutable std::vector<int32_t> table;  // of a hash: the place in `grams`, or -1

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
            size_t slots = 4;
            while (slots < 2 * grams.size()) slots *= 2;
            table.assign(slots, -1);
            for (size_t g = 0; g < grams.size(); ++g) {
                uint64_t hash = kSeed;
                for (int64_t i = 0; i < grams[g].size; ++i)
                    hash = mixed(hash, grams[g].elements[i]);
                int32_t* slot = slotOf(hash, grams[g].elements, 1, grams[g].size);
                *slot = static_cast<int32_t>(g);  // the last of equal ones counts
            }
        }

        static constexpr uint64_t kSeed = 0x9e3779b97f4a7c15;
        static uint64_t mixed(uint64_t hash, int64_t element) {
            hash = (hash ^ static_cast<uint64_t>(element)) * 0xbf58476d1ce4e5b9;
            return hash ^ hash >> 29;
        }
        // Where the gram of these elements is, or would be.
        int32_t* slotOf(uint64_t hash, const int64_t* x, int64_t step, int64_t n) const {
            for (size_t at = hash & (table.size() - 1);; at = (at + 1) & (table.size() - 1)) {
                if (table[at] < 0) return &table[at];
                const Gram& g = grams[static_cast<size_t>(table[at])];
                bool same = g.size == n;
                for (int64_t i = 0; same && i < n; ++i) same = g.elements[i] == x[i * step];
                if (same) return &table[at];
            }
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
            for (int64_t at = 0; at < length; ++at) {
                uint64_t hash = Plan::kSeed;
                for (int64_t n = 1; n <= op.most && at + (n - 1) * step < length; ++n) {
                    hash = Plan::mixed(hash, x[at + (n - 1) * step]);
                    // Single elements are counted once.
                    if (n < op.least || (n == 1 && step > 1)) continue;
                    const int32_t g = *p.slotOf(hash, x + at, step, n);
                    if (g >= 0) ++counts[p.grams[static_cast<size_t>(g)].id];
                }
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
