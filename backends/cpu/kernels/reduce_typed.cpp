// SPDX-License-Identifier: Apache-2.0
// Reductions of every type, over axes that are known or data.
#include "backends/cpu/typed/kernel.h"
#include "base/parallel_for.h"
#include "ops/reduce.h"
#include "ops/reduce_axes.h"
#include "ops/support/axis_set.h"
#include "ops/support/not_a_number.h"

#include <algorithm>
#include <limits>

namespace bireme::cpu {

namespace {

constexpr int kMaxRank = TypedCall::kMaxRank;

// Loops that stay and loops that are folded, each outermost first, with their steps in the input.
struct FoldLoops {
    struct List {
        int64_t count[kMaxRank] = {}, step[kMaxRank] = {};
        int size = 0;
        int64_t total = 1;

        void add(int64_t n, int64_t by, bool joins) {
            total *= n;
            if (joins)
                count[size - 1] *= n, step[size - 1] = by;
            else
                count[size] = n, step[size++] = by;
        }
        int64_t offset(int64_t i, int loops) const {
            int64_t at = 0;
            for (int d = loops; d-- > 0; i /= count[d]) at += i % count[d] * step[d];
            return at;
        }
    } kept, folded;
    bool lastFolded = false;

    FoldLoops(const std::vector<int64_t>& dims, const bool* set) {
        int64_t step = 1;
        for (int64_t d : dims) step *= d;
        int before = -1;
        for (size_t d = 0; d < dims.size(); ++d) {
            step = dims[d] ? step / dims[d] : 0;
            if (dims[d] == 1) continue;
            lastFolded = set[d];
            (set[d] ? folded : kept).add(dims[d], step, before == int(set[d]));
            before = set[d];
        }
    }
};

// A: what is accumulated in. Integers wrap; sums of reals are kept in double.
template <ReduceOperation op, typename T>
struct Folding {
    static constexpr bool kExtreme = op == ReduceOperation::kMAX || op == ReduceOperation::kMIN;
    static constexpr bool kReal = std::is_floating_point_v<T>;
    using Wide = std::conditional_t<kReal, double, int64_t>;
    using A = std::conditional_t<kExtreme && !std::is_same_v<T, uint64_t>, T, Wide>;

    static A start() {
        using L = std::numeric_limits<A>;
        if (op == ReduceOperation::kPROD) return A(1);
        if (!kExtreme) return A(0);
        if constexpr (kReal) return op == ReduceOperation::kMAX ? -L::infinity() : L::infinity();
        // Unsigned numbers of 64 bits are compared as signed ones, as the declaration has it.
        if (std::is_same_v<T, uint64_t> && op == ReduceOperation::kMAX) return A(0);
        return op == ReduceOperation::kMAX ? L::lowest() : L::max();
    }
    static A fold(A a, A x) {
        if constexpr (op == ReduceOperation::kMAX)
            return x > a || ops::isNan(x) ? x : a;
        else if constexpr (op == ReduceOperation::kMIN)
            return x < a || ops::isNan(x) ? x : a;
        else if constexpr (kReal)
            return op == ReduceOperation::kPROD ? a * x : a + x;
        else if constexpr (op == ReduceOperation::kPROD)
            return static_cast<A>(static_cast<uint64_t>(a) * static_cast<uint64_t>(x));
        else
            return static_cast<A>(static_cast<uint64_t>(a) + static_cast<uint64_t>(x));
    }
    static T finish(A a, int64_t count) {
        if constexpr (op != ReduceOperation::kAVG)
            return static_cast<T>(a);
        else if constexpr (kReal)
            return count ? static_cast<T>(a / static_cast<A>(count))
                         : std::numeric_limits<T>::quiet_NaN();
        else
            return count ? static_cast<T>(a / count) : T(0);
    }
    static A row(const T* x, int64_t n) {
        constexpr int kLanes = 16;
        A lane[kLanes];
        std::fill_n(lane, kLanes, start());
        int64_t i = 0;
        for (; i + kLanes <= n; i += kLanes)
            for (int k = 0; k < kLanes; ++k) lane[k] = fold(lane[k], static_cast<A>(x[i + k]));
        for (int k = 1; k < kLanes; ++k) lane[0] = fold(lane[0], lane[k]);
        for (; i < n; ++i) lane[0] = fold(lane[0], static_cast<A>(x[i]));
        return lane[0];
    }
};

template <ReduceOperation op, typename T>
void foldRows(const FoldLoops& l, const T* x, T* y) {
    using F = Folding<op, T>;
    const int64_t n = l.folded.count[l.folded.size - 1], lines = n ? l.folded.total / n : 0;
    parallelFor(l.kept.total, std::max<int64_t>(1, 32768 / std::max<int64_t>(1, l.folded.total)),
                [&](int64_t begin, int64_t end) {
                    for (int64_t k = begin; k < end; ++k) {
                        const T* from = x + l.kept.offset(k, l.kept.size);
                        auto a = F::start();
                        for (int64_t i = 0; i < lines; ++i)
                            a = F::fold(a, F::row(from + l.folded.offset(i, l.folded.size - 1), n));
                        y[k] = F::finish(a, l.folded.total);
                    }
                });
}

template <ReduceOperation op, typename T>
void foldColumns(const FoldLoops& l, const T* x, T* y) {
    using F = Folding<op, T>;
    constexpr int64_t kChunk = 256;
    const int64_t width = l.kept.size ? l.kept.count[l.kept.size - 1] : 1,
                  chunks = (width + kChunk - 1) / kChunk, before = l.kept.total / width;
    parallelFor(before * chunks, std::max<int64_t>(1, 128 / std::max<int64_t>(1, l.folded.total)),
                [&](int64_t begin, int64_t end) {
                    typename F::A a[kChunk];
                    for (int64_t task = begin; task < end; ++task) {
                        const int64_t first = task % chunks * kChunk,
                                      n = std::min(kChunk, width - first);
                        const T* from = x + l.kept.offset(task / chunks, l.kept.size - 1) + first;
                        std::fill_n(a, n, F::start());
                        for (int64_t i = 0; i < l.folded.total; ++i) {
                            const T* line = from + l.folded.offset(i, l.folded.size);
                            for (int64_t k = 0; k < n; ++k)
                                a[k] = F::fold(a[k], static_cast<typename F::A>(line[k]));
                        }
                        T* to = y + task / chunks * width + first;
                        for (int64_t k = 0; k < n; ++k) to[k] = F::finish(a[k], l.folded.total);
                    }
                });
}

template <ReduceOperation op, typename T>
void fold(const FoldLoops& l, const T* x, T* y) {
    if (l.kept.total == 0) return;
    if (l.lastFolded)
        foldRows<op, T>(l, x, y);
    else
        foldColumns<op, T>(l, x, y);
}

template <typename T>
void fold(ReduceOperation op, const FoldLoops& l, const T* x, T* y) {
    switch (op) {
        case ReduceOperation::kPROD: return fold<ReduceOperation::kPROD>(l, x, y);
        case ReduceOperation::kMAX: return fold<ReduceOperation::kMAX>(l, x, y);
        case ReduceOperation::kMIN: return fold<ReduceOperation::kMIN>(l, x, y);
        case ReduceOperation::kAVG: return fold<ReduceOperation::kAVG>(l, x, y);
        default: return fold<ReduceOperation::kSUM>(l, x, y);
    }
}

struct ReduceTyped : TypedLoops<ops::Reduce, Natives> {
    static constexpr const char* kName = "cpu.reduce.typed";

    static Support supports(const ops::Reduce&, const tactic::Query& q) {
        return q.in(0).rank() > kMaxRank ? no("rank above 16") : yes();
    }
    template <typename T>
    static Status run(const Plan& p, const TypedCall& c) noexcept {
        bool set[kMaxRank] = {};
        const auto rank = static_cast<int64_t>(c.dims(0).size());
        for (int64_t a : p.op.axes) set[a < 0 ? a + rank : a] = true;
        fold(p.op.operation, FoldLoops(c.dims(0), set), c.in<T>(0), c.out<T>(0));
        return Status::success();
    }
};

struct ReduceAxesTyped : TypedLoops<ops::ReduceAxes, Natives> {
    static constexpr const char* kName = "cpu.reduce_axes.typed";

    static bool converts(bool output, int i, DataType, DataType) { return output || i == 0; }
    static Support supports(const ops::ReduceAxes&, const tactic::Query& q) {
        return q.in(0).rank() > kMaxRank ? no("rank above 16") : yes();
    }
    template <typename T>
    static Status run(const Plan& p, const TypedCall& c) noexcept {
        const auto rank = static_cast<int64_t>(c.dims(0).size());
        bool set[kMaxRank] = {};
        if (c.count(1) == 0 && p.op.noneIsAll) std::fill_n(set, rank, true);
        for (int64_t i = 0; i < c.count(1); ++i) {
            int64_t a = c.integer(1, i);
            if (a < 0) a += rank;
            if (a < 0 || a >= rank)
                return Status::failure(ErrorCode::kFAILED_EXECUTION,
                                       "an axis is outside the dimensions of the input");
            if (set[a])
                return Status::failure(ErrorCode::kFAILED_EXECUTION, "an axis is given twice");
            set[a] = true;
        }
        const FoldLoops l(c.dims(0), set);
        if (l.kept.total != c.outCount(0))
            return Status::failure(ErrorCode::kFAILED_EXECUTION,
                                   "the axes give other extents than the shapes said");
        fold(p.op.operation, l, c.in<T>(0), c.out<T>(0));
        return Status::success();
    }
};

}  // namespace

void registerKernel_reduce_typed(tactic::Catalog& catalog) {
    addTyped<ReduceTyped>(catalog);
    addTyped<ReduceAxesTyped>(catalog);
}

}  // namespace bireme::cpu
