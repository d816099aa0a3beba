// SPDX-License-Identifier: Apache-2.0
// Attention, a block of queries of one head at a time: its scores never leave the cache.
#include "backends/cpu/simd/gemm.h"
#include "backends/cpu/simd/rows.h"
#include "backends/cpu/support/attention_kernel.h"
#include "backends/cpu/support/factory.h"
#include "backends/cpu/support/record.h"
#include "base/parallel_for.h"
#include "ops/attention.h"

#include <algorithm>

namespace bireme::cpu {

using device::Shapes;

namespace {

constexpr const char* kName = "cpu.attention.simd";
constexpr int64_t kQueries = 24;  // of a block

class AttentionBound final : public device::Bound {
public:
    AttentionBound(const ops::Attention& op, const Shapes& s) : op_(op), threads_(maxThreads()) {
        const auto& q = s.inputs[0].dims;
        const size_t rank = q.size();
        rows_ = q[rank - 2], depth_ = q[rank - 1];
        columns_ = s.inputs[1].dims[rank - 2], width_ = s.inputs[2].dims[rank - 1];
        std::vector<int64_t> batch(q.begin(), q.end() - 2);
        for (size_t i = 0; i < 3; ++i) in_[i] = headsOf(s.inputs[i], batch);
        out_ = headsOf(s.outputs[0], batch);
        masked_ = s.inputs.size() > 3 && s.inputs[3].present;
        if (masked_) mask_ = headsOf(s.inputs[3], batch);
        keys_ = rounded(packedElements(depth_, columns_, gemmShape().width));
        values_ = rounded(packedElements(columns_, width_, gemmShape().width));
        scores_ = rounded(static_cast<size_t>(kQueries * columns_));
        share_ = keys_ + values_ + scores_ + rounded(static_cast<size_t>(columns_));
    }

    size_t workspace() const noexcept override {
        return share_ * static_cast<size_t>(threads_) * sizeof(float);
    }

    Status enqueue(device::Stream&, const device::Launch& launch) noexcept override {
        const int64_t blocks = (rows_ + kQueries - 1) / kQueries,
                      tasks = blocks * static_cast<int64_t>(out_.begin.size());
        if (tasks == 0 || width_ == 0) return Status::success();
        const int64_t parts = std::min<int64_t>(threads_, tasks);
        parallelFor(parts, 1, [&](int64_t begin, int64_t end) {
            for (int64_t part = begin; part < end; ++part) {
                Scratch s(*this, static_cast<float*>(launch.workspace) +
                                     share_ * static_cast<size_t>(part));
                for (int64_t t = tasks * part / parts; t < tasks * (part + 1) / parts; ++t)
                    block(launch, s, t / blocks, t % blocks * kQueries);
            }
        });
        return Status::success();
    }
    std::string implementation() const override { return cat("blocks of ", kQueries, " queries"); }

private:
    struct Scratch {
        float *keys, *values, *scores, *line;
        int64_t head = -1;  // whose keys and values are packed
        Scratch(const AttentionBound& b, float* at)
            : keys(at),
              values(keys + b.keys_),
              scores(values + b.values_),
              line(scores + b.scores_) {}
    };
    static size_t rounded(size_t n) { return (n + 15) / 16 * 16; }

    const float* matrix(const device::Launch& l, size_t i, int64_t head) const {
        return static_cast<const float*>(l.inputs[i]) + in_[i].begin[static_cast<size_t>(head)];
    }

    void pack(const device::Launch& l, Scratch& s, int64_t head) const {
        if (s.head == head) return;
        s.head = head;
        const int width = gemmShape().width;
        packPanels(matrix(l, 1, head), 1, in_[1].row, depth_, columns_, width, s.keys);
        packPanels(matrix(l, 2, head), in_[2].row, 1, columns_, width_, width, s.values);
    }

    void block(const device::Launch& l, Scratch& s, int64_t head, int64_t first) const {
        pack(l, s, head);
        const int64_t rows = std::min(kQueries, rows_ - first);
        GemmProblem scores;
        scores.m = rows, scores.n = columns_, scores.k = depth_;
        scores.a = matrix(l, 0, head) + first * in_[0].row;
        scores.lda = in_[0].row;
        scores.packed = s.keys;
        scores.c = s.scores;
        scores.ldc = columns_;
        const int64_t width = gemmShape().width;
        gemmPart(scores, 0, rows, 0, (columns_ + width - 1) / width);
        float sums[kQueries];
        for (int64_t r = 0; r < rows; ++r)
            sums[r] = weigh(l, s, head, first + r, s.scores + r * columns_);
        GemmProblem mix;
        mix.m = rows, mix.n = width_, mix.k = columns_;
        mix.a = s.scores;
        mix.lda = columns_;
        mix.packed = s.values;
        mix.c = static_cast<float*>(l.outputs[0]) + out_.begin[static_cast<size_t>(head)] +
                first * out_.row;
        mix.ldc = out_.row;
        gemmPart(mix, 0, rows, 0, (width_ + width - 1) / width);
        for (int64_t r = 0; r < rows; ++r)
            rowFunctions().scale(mix.c + r * mix.ldc, width_, 1.f / sums[r]);
    }

    // Scores of one query become weights, whose sum is returned.
    float weigh(const device::Launch& l, Scratch& s, int64_t head, int64_t row, float* x) const {
        int64_t seen =
            op_.causal ? std::clamp<int64_t>(row + 1 + columns_ - rows_, 0, columns_) : columns_;
        std::fill(x + seen, x + columns_, 0.f);
        if (seen == 0) return 1;
        const float* mask = nullptr;
        if (masked_) {
            mask = static_cast<const float*>(l.inputs[3]) + mask_.begin[static_cast<size_t>(head)] +
                   row * mask_.row;
            if (mask_.column != 1) {
                for (int64_t t = 0; t < seen; ++t) s.line[t] = mask[t * mask_.column];
                mask = s.line;
            }
        }
        return rowFunctions().weigh(x, op_.scale, mask, x, seen, op_.zeroHidden && masked_);
    }

    ops::Attention op_;
    int threads_;
    int64_t rows_ = 0, columns_ = 0, depth_ = 0, width_ = 0;
    Heads in_[3], mask_, out_;
    bool masked_ = false;
    size_t keys_ = 0, values_ = 0, scores_ = 0, share_ = 0;
};

Support takesFloats(const tactic::Query& q) {
    return allFloat(q) ? yes() : no("elements are not f32");
}

}  // namespace

void registerKernel_attention_simd(tactic::Catalog& catalog) {
    catalog.add(std::make_unique<AttentionFactory<AttentionBound>>(kName, takesFloats));
}

}  // namespace bireme::cpu
