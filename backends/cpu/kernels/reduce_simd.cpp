// SPDX-License-Identifier: Apache-2.0
// Reductions over any axes: along rows where memory runs along them, down columns where it does
// not.
#include "backends/cpu/simd/rows.h"
#include "backends/cpu/support/factory.h"
#include "backends/cpu/support/record.h"
#include "base/parallel_for.h"
#include "ops/reduce.h"
#include "tensor/walk.h"

#include <algorithm>
#include <limits>

namespace bireme::cpu {

using device::Shapes;

namespace {

constexpr const char* kName = "cpu.reduce.simd";

struct Loop {
    int64_t count = 1, in = 0, out = 0;
};

// Steps through several loops at once, calling f with both offsets.
template <typename F>
void walk(const std::vector<Loop>& loops, size_t d, int64_t in, int64_t out, F&& f) {
    if (d == loops.size()) return f(in, out);
    for (int64_t i = 0; i < loops[d].count; ++i)
        walk(loops, d + 1, in + i * loops[d].in, out + i * loops[d].out, f);
}

Fold foldOf(ReduceOperation op) {
    switch (op) {
        case ReduceOperation::kPROD: return Fold::product;
        case ReduceOperation::kMAX: return Fold::maximum;
        case ReduceOperation::kMIN: return Fold::minimum;
        default: return Fold::sum;
    }
}

// The loops of one shape: those that stay and those that are folded, each outermost first.
struct ReduceLoops {
    std::vector<Loop> kept, folded;
    bool lastFolded = false;
    int64_t keptCount = 1, foldedCount = 1;

    ReduceLoops(const ops::Reduce& op, const device::TensorShape& x, const device::TensorShape& y) {
        std::vector<bool> set(x.dims.size(), false);
        for (int64_t a : op.axes)
            set[static_cast<size_t>(a < 0 ? a + static_cast<int64_t>(set.size()) : a)] = true;
        auto own = y.format.stridesFor(y.dims);
        std::vector<int64_t> out;
        for (size_t d = 0, k = 0; d < set.size(); ++d) {
            out.push_back(set[d] ? 0 : own[k]);
            if (!set[d] || op.keepDims) ++k;
        }
        Walk it = collapse(x.dims, {x.format.stridesFor(x.dims), out}, 0);
        for (size_t d = 0; d < it.dims.size(); ++d) {
            Loop l{it.dims[d], it.strides[0][d], it.strides[1][d]};
            lastFolded = l.out == 0;
            (lastFolded ? folded : kept).push_back(l);
            (lastFolded ? foldedCount : keptCount) *= l.count;
        }
    }
};

class ReduceBound final : public device::Bound {
public:
    ReduceBound(const ops::Reduce& op, const Shapes& s)
        : operation_(op.operation),
          type_(s.inputs[0].type),
          loops_(op, s.inputs[0], s.outputs[0]),
          outputs_(product(s.outputs[0].dims)),
          start_(s.inputs[0].format.offset),
          to_(s.outputs[0].format.offset) {}

    Status enqueue(device::Stream&, const device::Launch& launch) noexcept override {
        if (outputs_ == 0) return Status::success();
        if (type_ == DataType::kINT32)
            integers(static_cast<const int32_t*>(launch.inputs[0]),
                     static_cast<int32_t*>(launch.outputs[0]));
        else if (type_ == DataType::kINT64)
            integers(static_cast<const int64_t*>(launch.inputs[0]),
                     static_cast<int64_t*>(launch.outputs[0]));
        else if (type_ == DataType::kBF16)
            reals<BFloat16>(launch);
        else
            reals<float>(launch);
        return Status::success();
    }
    std::string implementation() const override {
        return loops_.lastFolded ? "along rows" : "down columns";
    }

private:
    float factor() const {
        return operation_ == ReduceOperation::kAVG ? 1.f / static_cast<float>(loops_.foldedCount)
                                                   : 1.f;
    }
    static float combine(Fold f, float a, float b) {
        switch (f) {
            case Fold::sum: return a + b;
            case Fold::product: return a * b;
            case Fold::maximum: return a != a ? a : a > b ? a : b;
            default: return a != a ? a : a < b ? a : b;
        }
    }
    int64_t grain(int64_t perTask) const {
        return std::max<int64_t>(1, 32768 / std::max<int64_t>(1, perTask));
    }

    // Offsets of the i-th combination of the kept loops.
    void locate(const std::vector<Loop>& loops, size_t count, int64_t i, int64_t& in,
                int64_t& out) const {
        in = out = 0;
        for (size_t d = count; d-- > 0; i /= loops[d].count) {
            in += i % loops[d].count * loops[d].in;
            out += i % loops[d].count * loops[d].out;
        }
    }

    template <typename T>
    void reals(const device::Launch& launch) const {
        const T* x = static_cast<const T*>(launch.inputs[0]) + start_;
        T* y = static_cast<T*>(launch.outputs[0]) + to_;
        loops_.lastFolded ? rows(x, y) : columns(x, y);
    }

    template <typename T>
    void rows(const T* x, T* y) const {
        const Fold f = foldOf(operation_);
        const auto& simd = rowsOf<T>();
        std::vector<Loop> outer(loops_.folded.begin(), loops_.folded.end() - 1);
        const int64_t n = loops_.folded.back().count;
        parallelFor(loops_.keptCount, grain(loops_.foldedCount), [&](int64_t begin, int64_t end) {
            for (int64_t k = begin; k < end; ++k) {
                int64_t in, out;
                locate(loops_.kept, loops_.kept.size(), k, in, out);
                float r = 0;
                bool first = true;
                walk(outer, 0, in, 0, [&](int64_t at, int64_t) {
                    float part = simd.fold(f, x + at, n);
                    r = first ? part : combine(f, r, part);
                    first = false;
                });
                y[out] = static_cast<T>(r * factor());
            }
        });
    }

    template <typename T>
    void columns(const T* x, T* y) const {
        constexpr int64_t kChunk = 256, kRows = 512;
        const Fold f = foldOf(operation_);
        const auto& simd = rowsOf<T>();
        const Loop& last = loops_.kept.back();
        const int64_t before = loops_.keptCount / std::max<int64_t>(1, last.count);
        int64_t chunk =
            before >= 8 ? kChunk : std::clamp<int64_t>((last.count / 4 + 31) / 32 * 32, 32, kChunk);
        const int64_t chunks = (last.count + chunk - 1) / chunk;
        std::vector<Loop> outer = loops_.folded;
        Loop inner;
        if (!outer.empty()) inner = outer.back(), outer.pop_back();
        parallelFor(before * chunks, grain(loops_.foldedCount * chunk),
                    [&](int64_t begin, int64_t end) {
                        float total[kChunk], part[kChunk];
                        for (int64_t task = begin; task < end; ++task) {
                            int64_t in, out, from = task % chunks * chunk,
                                             n = std::min(chunk, last.count - from);
                            locate(loops_.kept, loops_.kept.size() - 1, task / chunks, in, out);
                            bool first = true;
                            // Long sums are summed in parts, so that they keep their digits.
                            walk(outer, 0, in + from, 0, [&](int64_t at, int64_t) {
                                for (int64_t r = 0; r < inner.count; r += kRows) {
                                    simd.foldRows(f, x + at + r * inner.in,
                                                  std::min(kRows, inner.count - r), inner.in,
                                                  first ? total : part, n, true);
                                    if (!first)
                                        rowFunctions().foldRows(f, part, 1, 0, total, n, false);
                                    first = false;
                                }
                            });
                            T* to = y + out + from * last.out;
                            for (int64_t i = 0; i < n; ++i)
                                to[i * last.out] = static_cast<T>(total[i] * factor());
                        }
                    });
    }

    template <typename T>
    void integers(const T* x, T* y) const {
        using U = std::make_unsigned_t<T>;  // wraps
        for (int64_t k = 0; k < loops_.keptCount; ++k) {
            int64_t in, out;
            locate(loops_.kept, loops_.kept.size(), k, in, out);
            bool first = true;
            T r = 0;
            walk(loops_.folded, 0, in + start_, 0, [&](int64_t at, int64_t) {
                T v = x[at];
                if (first)
                    r = v;
                else if (operation_ == ReduceOperation::kPROD)
                    r = static_cast<T>(static_cast<U>(r) * static_cast<U>(v));
                else if (operation_ == ReduceOperation::kMAX)
                    r = std::max(r, v);
                else if (operation_ == ReduceOperation::kMIN)
                    r = std::min(r, v);
                else
                    r = static_cast<T>(static_cast<U>(r) + static_cast<U>(v));
                first = false;
            });
            y[to_ + out] = r;
        }
    }

    ReduceOperation operation_;
    DataType type_;
    ReduceLoops loops_;
    int64_t outputs_, start_, to_;
};

class ReduceKernel final : public device::Kernel {
public:
    explicit ReduceKernel(ops::Reduce op) : op_(std::move(op)) {}
    size_t workspaceBound(const Shapes&, const Shapes&, const Shapes&) const override { return 0; }
    std::unique_ptr<device::Bound> bind(const Shapes& shapes,
                                        device::ContextState&) const override {
        for (int64_t d : shapes.inputs[0].dims)
            if (d == 0) fail(ErrorCode::kUNSUPPORTED_STATE, "a reduction of an empty tensor");
        return std::make_unique<ReduceBound>(op_, shapes);
    }
    void save(ByteWriter& out) const override { putAttributes(out, op_); }

private:
    ops::Reduce op_;
};

class ReduceFactory final : public tactic::KernelFactory {
public:
    std::string_view name() const override { return kName; }

    Support supports(const tactic::Query& q) const override {
        const auto* op = q.group().anchorAs<ops::Reduce>();
        if (!op || !q.group().single()) return no("not a lone reduction");
        DataType t = q.in(0).type;
        if (t != DataType::kFLOAT && t != DataType::kBF16 && t != DataType::kINT32 &&
            t != DataType::kINT64)
            return no("elements are neither f32, bf16, i32 nor i64");
        if (!isReal(t) && op->operation == ReduceOperation::kAVG) return no("a mean of integers");
        for (const Dim& d : q.in(0).dims)
            if (d.range(q.ranges).min == 0) return no("the input may be empty");
        return yes();
    }

    void formats(const tactic::Query& q, tactic::FormatList& out) const override {
        out.push_back(combination(q));
        out.back().acceptsViews = isReal(q.in(0).type) && !lastAxis(q);
        int rank = q.in(0).rank();
        if (rank < 3) return;
        out.push_back(combination(q));
        out.back().inputs[0].format = Format::channelsLast(rank);
        if (q.out(0).rank() == rank) out.back().outputs[0].format = Format::channelsLast(rank);
    }

    tactic::Created create(const tactic::Query& q, const tactic::Tactic&) const override {
        tactic::Created made;
        made.kernel = std::make_unique<ReduceKernel>(*q.group().anchorAs<ops::Reduce>());
        return made;
    }
    std::unique_ptr<device::Kernel> load(ByteReader& in, device::Device&) const override {
        return std::make_unique<ReduceKernel>(getAttributes<ops::Reduce>(in));
    }

private:
    // Whether any axis is the last: a view whose last loop has gone may have no run of memory left.
    static bool lastAxis(const tactic::Query& q) {
        for (const Dim& d : q.in(0).dims)
            if (!d.isStatic() || d.is(1)) return true;
        return false;
    }
};

}  // namespace

void registerKernel_reduce_simd(tactic::Catalog& catalog) {
    catalog.add(std::make_unique<ReduceFactory>());
}

}  // namespace bireme::cpu
