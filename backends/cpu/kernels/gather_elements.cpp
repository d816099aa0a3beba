// SPDX-License-Identifier: Apache-2.0
// Gather of single elements along an axis, by coordinates, and of rows that differ from batch to
// batch.
#include "backends/cpu/support/axis_walk.h"
#include "backends/cpu/support/by_type.h"
#include "backends/cpu/support/lone_op.h"
#include "base/parallel_for.h"
#include "ir/eval.h"
#include "ops/gather.h"
#include "ops/support/axis_view.h"

#include <algorithm>
#include <cstring>

namespace bireme::cpu {

namespace {

constexpr int64_t kGrain = 16384;  // elements that are worth a thread

class ElementsBound final : public LoneBound {
public:
    explicit ElementsBound(const LoneShapes& s)
        : LoneBound(s), walk_(s.in(1).dims, s.in(0).dims, s.op.as<ops::Gather>()->axis) {}

private:
    void run() override {
        bySize(elementSize(in(0).type), [&](auto element) {
            using T = decltype(element);
            byIndex(in(1).type, [&](auto index) {
                using I = decltype(index);
                const auto* x = reinterpret_cast<const T*>(data(0));
                const auto* at = reinterpret_cast<const I*>(data(1));
                auto* y = reinterpret_cast<T*>(result(0));
                const int64_t lines = walk_.outer() * walk_.length(), inner = walk_.inner();
                if (walk_.length() == 0 || inner == 0) return;
                if (inner == 1) return alongRows(x, at, y);
                // Few long lines are cut, so that all threads have work.
                const int64_t cuts = lines >= 64 ? 1 : (inner + kGrain - 1) / kGrain;
                const int64_t part = cuts > 1 ? kGrain : inner;
                parallelFor(lines * cuts, kGrain / (part + 1) + 1, [&](int64_t b, int64_t e) {
                    for (int64_t task = b; task < e; ++task) {
                        const int64_t line = task / cuts, from = task % cuts * part;
                        const int64_t base = walk_.outerAt(line / walk_.length());
                        pick(x, base, at + line * inner, y + line * inner, from,
                             std::min(inner, from + part));
                    }
                });
            });
        });
    }

    // The axis is the last one: elements of one row of the data.
    template <typename T, typename I>
    void alongRows(const T* x, const I* at, T* y) const {
        const int64_t n = walk_.length(), extent = walk_.extent();
        parallelFor(walk_.outer(), kGrain / n + 1, [&](int64_t b, int64_t e) {
            for (int64_t o = b; o < e; ++o) {
                const int64_t base = walk_.outerAt(o);
                const I* index = at + o * n;
                T* to = y + o * n;
                if (base < 0) {
                    std::fill_n(to, n, T(0));
                    continue;
                }
                for (int64_t j = 0; j < n; ++j) {
                    const int64_t given = index[j], i = given < 0 ? given + extent : given;
                    to[j] = i >= 0 && i < extent ? x[base + i] : T(0);
                }
            }
        });
    }

    template <typename T, typename I>
    void pick(const T* x, int64_t base, const I* at, T* y, int64_t begin, int64_t end) const {
        const int64_t extent = walk_.extent(), step = walk_.step();
        for (int64_t k = begin; k < end; ++k) {
            const int64_t given = at[k], i = given < 0 ? given + extent : given,
                          place = walk_.innerAt(k);
            const bool inside = i >= 0 && i < extent && base >= 0 && place >= 0;
            y[k] = inside ? x[base + i * step + place] : T(0);
        }
    }

    AxisWalk walk_;
};

// Coordinates of `length` numbers, each the start of a run of memory.
class CoordinatesBound final : public LoneBound {
public:
    explicit CoordinatesBound(const LoneShapes& s) : LoneBound(s) {
        const auto &x = s.in(0).dims, &at = s.in(1).dims;
        const auto shared = static_cast<std::ptrdiff_t>(s.op.as<ops::Gather>()->elementWiseDims);
        length_ = at.back();
        const auto strides = ir::rowMajorStrides(x);
        for (int64_t d = shared; d < shared + length_; ++d) {
            extents_.push_back(x[static_cast<size_t>(d)]);
            strides_.push_back(strides[static_cast<size_t>(d)]);
        }
        points_ = product({at.begin(), at.end() - 1});
        const int64_t batches = product({x.begin(), x.begin() + shared});
        perBatch_ = batches ? std::max<int64_t>(1, points_ / batches) : 1;
        batchSize_ = product({x.begin() + shared, x.end()});
        size_ = elementSize(s.in(0).type);
        bytes_ = static_cast<size_t>(product({x.begin() + shared + length_, x.end()})) * size_;
    }

private:
    void run() override {
        byIndex(in(1).type, [&](auto index) {
            using I = decltype(index);
            const auto* at = reinterpret_cast<const I*>(data(1));
            const char* x = data(0);
            char* y = result(0);
            const auto row = static_cast<int64_t>(bytes_);
            parallelFor(points_, std::max<int64_t>(1, 65536 / (row + 8)),
                        [&](int64_t begin, int64_t end) {
                            for (int64_t p = begin; p < end; ++p)
                                copyRow(y + p * row, x, placeOf(at + p * length_, p));
                        });
        });
    }

    template <typename I>
    int64_t placeOf(const I* at, int64_t point) const {
        int64_t place = point / perBatch_ * batchSize_;
        for (size_t j = 0; j < extents_.size(); ++j) {
            const int64_t given = at[j], i = given < 0 ? given + extents_[j] : given;
            if (i < 0 || i >= extents_[j]) return -1;
            place += i * strides_[j];
        }
        return place;
    }

    void copyRow(char* to, const char* x, int64_t place) const {
        const char* from = x + place * static_cast<int64_t>(size_);
        if (place < 0)
            std::memset(to, 0, bytes_);  // as the op says
        else if (bytes_ == 4)
            std::memcpy(to, from, 4);
        else if (bytes_ == 8)
            std::memcpy(to, from, 8);
        else
            std::memcpy(to, from, bytes_);
    }

    int64_t length_ = 0, points_ = 0, perBatch_ = 1, batchSize_ = 0;
    size_t size_ = 1, bytes_ = 0;
    std::vector<int64_t> extents_, strides_;
};

// Leading dims that data and indices share; on one side they may be 1.
class BatchedRowsBound final : public LoneBound {
public:
    explicit BatchedRowsBound(const LoneShapes& s) : LoneBound(s), view_({1}, 0) {
        const auto& op = *s.op.as<ops::Gather>();
        const auto shared = static_cast<std::ptrdiff_t>(op.elementWiseDims);
        const auto &x = s.in(0).dims, &at = s.in(1).dims, &y = s.out(0).dims;
        batch_.assign(y.begin(), y.begin() + shared);
        dataStrides_ = ir::broadcastStrides({x.begin(), x.begin() + shared}, batch_);
        indexStrides_ = ir::broadcastStrides({at.begin(), at.begin() + shared}, batch_);
        view_ = ops::AxisView({x.begin() + shared, x.end()},
                              op.axis < 0 ? op.axis : op.axis - op.elementWiseDims);
        perBatch_ = product({at.begin() + shared, at.end()});
        bytes_ = static_cast<size_t>(view_.inner) * elementSize(s.in(0).type);
    }

private:
    void run() override {
        byIndex(in(1).type, [&](auto index) {
            using I = decltype(index);
            const auto* at = reinterpret_cast<const I*>(data(1));
            parallelFor(product(batch_), 1, [&](int64_t begin, int64_t end) {
                for (int64_t b = begin; b < end; ++b) rows(at, b);
            });
        });
    }

    template <typename I>
    void rows(const I* indices, int64_t batch) const {
        int64_t d = 0, first = 0, rest = batch;
        for (size_t k = batch_.size(); k-- > 0; rest /= batch_[k]) {
            d += rest % batch_[k] * dataStrides_[k];
            first += rest % batch_[k] * indexStrides_[k];
        }
        const auto row = static_cast<int64_t>(bytes_);
        char* y = result(0) + batch * view_.outer * perBatch_ * row;
        for (int64_t o = 0; o < view_.outer; ++o)
            for (int64_t k = 0; k < perBatch_; ++k, y += row) {
                const int64_t given = indices[first * perBatch_ + k],
                              i = given < 0 ? given + view_.extent : given;
                if (i < 0 || i >= view_.extent)
                    std::memset(y, 0, bytes_);
                else
                    std::memcpy(y, data(0) + ((d * view_.outer + o) * view_.extent + i) * row,
                                bytes_);
            }
    }

    ops::AxisView view_;
    std::vector<int64_t> batch_, dataStrides_, indexStrides_;
    int64_t perBatch_ = 0;
    size_t bytes_ = 0;
};

Support supportsMode(const tactic::Query& q, const ir::Node& node, GatherMode mode, bool shared) {
    const auto& op = *node.op.as<ops::Gather>();
    if (op.mode != mode) return no("the gather is of another mode");
    if (mode == GatherMode::kDEFAULT && (op.elementWiseDims != 0) != shared)
        return no("rows do not differ from batch to batch");
    if (!isIndex(operandType(q, node, 1))) return no("indices are neither i32 nor i64");
    return yes();
}

}  // namespace

void registerKernel_gather_elements(tactic::Catalog& catalog) {
    catalog.add(loneFactory({"cpu.gather.elements", "gather",
                             [](const tactic::Query& q, const ir::Node& n) {
                                 return supportsMode(q, n, GatherMode::kELEMENT, false);
                             },
                             bindLone<ElementsBound>}));
    catalog.add(loneFactory({"cpu.gather.coordinates", "gather",
                             [](const tactic::Query& q, const ir::Node& n) {
                                 return supportsMode(q, n, GatherMode::kND, false);
                             },
                             bindLone<CoordinatesBound>}));
    catalog.add(loneFactory({"cpu.gather.batched_rows", "gather",
                             [](const tactic::Query& q, const ir::Node& n) {
                                 return supportsMode(q, n, GatherMode::kDEFAULT, true);
                             },
                             bindLone<BatchedRowsBound>}));
}

}  // namespace bireme::cpu
