// SPDX-License-Identifier: Apache-2.0
// The k first elements of each line in sorted order, and where they stood: by keys that carry the
// element's place, so that ties keep the lower index first.
#include "backends/cpu/support/by_type.h"
#include "backends/cpu/support/lone_op.h"
#include "backends/cpu/support/sort_key.h"
#include "base/parallel_for.h"
#include "base/status.h"
#include "ops/support/axis_view.h"
#include "ops/topk.h"

#include <algorithm>
#include <limits>
#include <type_traits>
#include <vector>

namespace bireme::cpu {

namespace {

// An element of at most 32 bits and its place in one number; wider ones in two.
struct Narrow {
    uint64_t both;
    static Narrow of(uint64_t key, int64_t i, bool largest, int bits) {
        const uint64_t mask = ~uint64_t(0) >> (64 - bits);
        return {((largest ? ~key & mask : key) << 32) | static_cast<uint64_t>(i)};
    }
    int64_t place() const { return static_cast<int64_t>(both & 0xffffffff); }
    bool operator<(const Narrow& o) const { return both < o.both; }
};
struct Wide {
    uint64_t key;
    int64_t at;
    static Wide of(uint64_t key, int64_t i, bool largest, int) { return {largest ? ~key : key, i}; }
    int64_t place() const { return at; }
    bool operator<(const Wide& o) const { return key != o.key ? key < o.key : at < o.at; }
};

class TopKBound final : public LoneBound {
public:
    explicit TopKBound(const LoneShapes& s)
        : LoneBound(s),
          in_(s.in(0).dims, s.op.as<ops::TopK>()->axis),
          out_(s.out(s.wanted(0) ? 0 : 1).dims, s.op.as<ops::TopK>()->axis),
          largest_(s.op.as<ops::TopK>()->operation == TopKOperation::kMAX) {}

private:
    void run() override {
        if (out_.extent > in_.extent)
            fail(ErrorCode::kFAILED_EXECUTION,
                 cat("k is ", out_.extent, ", but the axis has only ", in_.extent, " elements"));
        bySortKey(in(0).type, [&](auto element) {
            using T = decltype(element);
            const bool narrow =
                sizeof(T) <= 4 && in_.extent <= std::numeric_limits<uint32_t>::max();
            if (narrow)
                lines<T, Narrow>();
            else
                lines<T, Wide>();
        });
    }

    template <typename K>
    void select(std::vector<K>& keys) const {
        const auto k = static_cast<std::ptrdiff_t>(out_.extent);
        if (k < static_cast<std::ptrdiff_t>(keys.size()))
            std::nth_element(keys.begin(), keys.begin() + k, keys.end());
        std::sort(keys.begin(), keys.begin() + k);
    }

    // Surely not before `last`, which stands in front of x; NaN is looked at.
    template <typename T>
    bool notBefore(T x, T last) const {
        if constexpr (std::is_arithmetic_v<T>)
            return largest_ ? x <= last : x >= last;
        else
            return false;
    }

    // The k first so far, sorted: a new one goes where it belongs.
    template <typename T, typename K>
    void scan(const T* x, std::vector<K>& best) const {
        constexpr int kBits = sizeof(T) * 8;
        const int64_t k = out_.extent, step = in_.inner;
        best.clear();
        for (int64_t i = 0; i < k; ++i)
            best.push_back(K::of(sortKey(x[i * step]), i, largest_, kBits));
        std::sort(best.begin(), best.end());
        T last = x[best.back().place() * step];
        for (int64_t i = k; i < in_.extent; ++i) {
            const T value = x[i * step];
            if (notBefore(value, last)) continue;
            const K key = K::of(sortKey(value), i, largest_, kBits);
            if (!(key < best.back())) continue;
            size_t to = best.size() - 1;
            for (; to > 0 && key < best[to - 1]; --to) best[to] = best[to - 1];
            best[to] = key;
            last = x[best.back().place() * step];
        }
    }

    template <typename T, typename K>
    void lines() {
        if (out_.extent == 0) return;
        const auto* x = reinterpret_cast<const T*>(data(0));
        auto* values = wanted(0) ? reinterpret_cast<T*>(result(0)) : nullptr;
        constexpr int kBits = sizeof(T) * 8;
        const bool few = out_.extent <= 64 && out_.extent * 16 <= in_.extent;
        std::vector<std::vector<K>> scratch(static_cast<size_t>(maxThreads()));
        for (auto& keys : scratch)
            keys.reserve(static_cast<size_t>(few ? out_.extent : in_.extent));
        const int64_t all = in_.outer * in_.inner, threads = static_cast<int64_t>(scratch.size());
        const int64_t share = (all + threads - 1) / threads;
        const int64_t grain = share * in_.extent < 8192 ? threads : 1;
        parallelFor(threads, grain, [&](int64_t begin, int64_t end) {
            for (int64_t t = begin; t < end; ++t)
                for (int64_t line = t * share; line < std::min(all, (t + 1) * share); ++line) {
                    auto& keys = scratch[static_cast<size_t>(t)];
                    const int64_t o = line / in_.inner, k = line % in_.inner;
                    const T* from = x + o * in_.extent * in_.inner + k;
                    if (few) {
                        scan(from, keys);
                    } else {
                        keys.clear();
                        for (int64_t i = 0; i < in_.extent; ++i)
                            keys.push_back(K::of(sortKey(from[i * in_.inner]), i, largest_, kBits));
                        select(keys);
                    }
                    write(keys, from, values, o * out_.extent * out_.inner + k);
                }
        });
    }

    template <typename T, typename K>
    void write(const std::vector<K>& keys, const T* from, T* values, int64_t to) const {
        for (int64_t i = 0; i < out_.extent; ++i) {
            const int64_t place = keys[static_cast<size_t>(i)].place(), at = to + i * out_.inner;
            if (values) values[at] = from[place * in_.inner];
            if (!wanted(1)) continue;
            if (out(1).type == DataType::kINT64)
                reinterpret_cast<int64_t*>(result(1))[at] = place;
            else
                reinterpret_cast<int32_t*>(result(1))[at] = static_cast<int32_t>(place);
        }
    }

    ops::AxisView in_, out_;
    bool largest_;
};

Support supportsKeys(const tactic::Query& q, const ir::Node& node) {
    return hasSortKey(operandType(q, node, 0)) ? yes()
                                               : no("floats of a byte or less have no order here");
}

}  // namespace

void registerKernel_topk_select(tactic::Catalog& catalog) {
    catalog.add(loneFactory({"cpu.topk.select", "topk", supportsKeys, bindLone<TopKBound>}));
}

}  // namespace bireme::cpu
