// SPDX-License-Identifier: Apache-2.0
// Moves of whole rows: reversed sequences, triangles, updates of a cache, bits read as another
// type, extents as a tensor; and assertions, which move nothing.
#include "backends/cpu/support/lone_op.h"
#include "base/parallel_for.h"
#include "base/status.h"
#include "ops/assertion.h"
#include "ops/bit_cast.h"
#include "ops/reverse_sequence.h"
#include "ops/support/axis_view.h"
#include "ops/tensor_scatter.h"
#include "ops/trilu.h"

#include <algorithm>
#include <cstring>
#include <string>

namespace bireme::cpu {

namespace {

int64_t grainFor(int64_t rowBytes) { return std::max<int64_t>(1, 65536 / (rowBytes + 16)); }

void copyAll(const char* from, char* to, int64_t bytes) {
    parallelFor(bytes, 1 << 18, [&](int64_t begin, int64_t end) {
        std::memcpy(to + begin, from + begin, static_cast<size_t>(end - begin));
    });
}

class ReverseBound final : public LoneBound {
public:
    explicit ReverseBound(const LoneShapes& s) : LoneBound(s) {
        const auto& op = *s.op.as<ops::ReverseSequence>();
        const auto& dims = s.in(0).dims;
        const auto rank = static_cast<int64_t>(dims.size());
        const int64_t batch = op.batchAxis < 0 ? op.batchAxis + rank : op.batchAxis,
                      sequence = op.sequenceAxis < 0 ? op.sequenceAxis + rank : op.sequenceAxis;
        row_ = static_cast<int64_t>(elementSize(s.in(0).type));
        for (int64_t d = rank - 1; d > std::max(batch, sequence); --d) row_ *= at(dims, d);
        for (int64_t d = 0; d <= std::max(batch, sequence); ++d) {
            rows_ *= at(dims, d);
            if (d > batch) batchStep_ *= at(dims, d);
            if (d > sequence) sequenceStep_ *= at(dims, d);
        }
        batches_ = at(dims, batch), length_ = at(dims, sequence);
    }

private:
    static int64_t at(const std::vector<int64_t>& v, int64_t i) {
        return v[static_cast<size_t>(i)];
    }

    void run() override {
        const std::vector<int64_t> lengths = integers(1);
        if (static_cast<int64_t>(lengths.size()) != batches_)
            fail(ErrorCode::kFAILED_EXECUTION,
                 cat(lengths.size(), " lengths for ", batches_, " batches"));
        for (int64_t l : lengths)
            if (l < 0 || l > length_)
                fail(ErrorCode::kFAILED_EXECUTION, cat("length ", l, " is outside 0..", length_));
        const char* x = data(0);
        char* y = result(0);
        parallelFor(rows_, grainFor(row_), [&](int64_t begin, int64_t end) {
            for (int64_t r = begin; r < end; ++r) {
                const int64_t s = r / sequenceStep_ % length_,
                              n = at(lengths, r / batchStep_ % batches_);
                const int64_t from = s < n ? r + (n - 1 - 2 * s) * sequenceStep_ : r;
                std::memcpy(y + r * row_, x + from * row_, static_cast<size_t>(row_));
            }
        });
    }

    int64_t row_ = 1, rows_ = 1, batchStep_ = 1, sequenceStep_ = 1, batches_ = 1, length_ = 1;
};

class TriluBound final : public LoneBound {
public:
    explicit TriluBound(const LoneShapes& s) : LoneBound(s), upper_(s.op.as<ops::Trilu>()->upper) {}

private:
    void run() override {
        const auto& dims = in(0).dims;
        const int64_t rows = dims[dims.size() - 2], columns = dims.back(),
                      size = static_cast<int64_t>(elementSize(in(0).type));
        const int64_t diagonal =
            has(1) ? std::clamp<int64_t>(integers(1).at(0), -rows, columns) : 0;
        if (columns == 0) return;
        parallelFor(count(0) / columns, grainFor(columns * size), [&](int64_t begin, int64_t end) {
            for (int64_t r = begin; r < end; ++r) {
                // The kept columns are those from `edge` on, or those before it.
                const int64_t edge =
                    std::clamp<int64_t>(r % rows + diagonal + (upper_ ? 0 : 1), 0, columns);
                const char* x = data(0) + r * columns * size;
                char* y = result(0) + r * columns * size;
                const auto low = static_cast<size_t>(edge * size),
                           high = static_cast<size_t>((columns - edge) * size);
                if (upper_) {
                    std::memset(y, 0, low);
                    std::memcpy(y + low, x + low, high);
                } else {
                    std::memcpy(y, x, low);
                    std::memset(y + low, 0, high);
                }
            }
        });
    }

    bool upper_;
};

class CacheBound final : public LoneBound {
public:
    explicit CacheBound(const LoneShapes& s)
        : LoneBound(s),
          cache_(s.in(0).dims, s.op.as<ops::TensorScatter>()->axis),
          update_(s.in(1).dims, s.op.as<ops::TensorScatter>()->axis),
          circular_(s.op.as<ops::TensorScatter>()->circular) {}

private:
    void run() override {
        const std::vector<int64_t> first = has(2) ? integers(2) : std::vector<int64_t>{};
        const int64_t batches = in(0).dims[0];
        if (cache_.outer != update_.outer || cache_.inner != update_.inner ||
            (has(2) && static_cast<int64_t>(first.size()) != batches))
            fail(ErrorCode::kFAILED_EXECUTION, "the update does not fit the cache");
        const int64_t row = static_cast<int64_t>(elementSize(in(0).type)) * cache_.inner;
        copyAll(data(0), result(0), cache_.outer * cache_.extent * row);
        const int64_t perBatch = batches ? cache_.outer / batches : 1;
        for (int64_t o = 0; o < cache_.outer && row; ++o) {
            const int64_t begin = has(2) ? first[static_cast<size_t>(o / perBatch)] : 0;
            for (int64_t i = 0; i < update_.extent; ++i)
                std::memcpy(result(0) + (o * cache_.extent + placeOf(begin + i)) * row,
                            data(1) + (o * update_.extent + i) * row, static_cast<size_t>(row));
        }
    }

    int64_t placeOf(int64_t i) const {
        if (circular_ && cache_.extent) i = (i % cache_.extent + cache_.extent) % cache_.extent;
        if (i < 0 || i >= cache_.extent)
            fail(ErrorCode::kFAILED_EXECUTION,
                 cat("position ", i, " is outside the cache of ", cache_.extent));
        return i;
    }

    ops::AxisView cache_, update_;
    bool circular_;
};

class BitCastBound final : public LoneBound {
public:
    explicit BitCastBound(const LoneShapes& s) : LoneBound(s) {}

private:
    void run() override {
        copyAll(data(0), result(0), static_cast<int64_t>(bytesFor(in(0).type, count(0))));
    }
};

class ShapeBound final : public LoneBound {
public:
    explicit ShapeBound(const LoneShapes& s) : LoneBound(s) {}

private:
    void run() override {
        const auto& dims = in(0).dims;
        if (!dims.empty()) std::memcpy(result(0), dims.data(), dims.size() * sizeof(int64_t));
    }
};

class AssertionBound final : public LoneBound {
public:
    explicit AssertionBound(const LoneShapes& s)
        : LoneBound(s), message_(s.op.as<ops::Assertion>()->message) {}

private:
    void run() override {
        const auto* x = reinterpret_cast<const uint8_t*>(data(0));
        const int64_t n = count(0);
        if (std::find(x, x + n, uint8_t{0}) != x + n)
            fail(ErrorCode::kFAILED_EXECUTION,
                 message_.empty() ? "assertion does not hold" : message_);
    }

    std::string message_;
};

}  // namespace

void registerKernel_row_moves(tactic::Catalog& catalog) {
    catalog.add(loneFactory(
        {"cpu.reverse_sequence.rows", "reverse_sequence", nullptr, bindLone<ReverseBound>}));
    catalog.add(loneFactory({"cpu.trilu.rows", "trilu", nullptr, bindLone<TriluBound>}));
    catalog.add(
        loneFactory({"cpu.tensor_scatter.rows", "tensor_scatter", nullptr, bindLone<CacheBound>}));
    catalog.add(
        loneFactory({"cpu.assertion.scan", "assertion", nullptr, bindLone<AssertionBound>}));
    catalog.add(loneFactory({"cpu.shape.extents", "shape", nullptr, bindLone<ShapeBound>}));
    catalog.add(loneFactory({"cpu.bit_cast.copy", "bit_cast", nullptr, bindLone<BitCastBound>}));
}

}  // namespace bireme::cpu
