// SPDX-License-Identifier: Apache-2.0
// Attention of bf16 on processors that multiply it: scores and sums in f32, weights rounded once.
#include "backends/cpu/simd/brain_tiles.h"
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

constexpr const char* kName = "cpu.attention.bf16";
constexpr int64_t kMost = 64;  // queries of a block

class BrainAttentionBound final : public device::Bound {
public:
    BrainAttentionBound(const ops::Attention& op, const Shapes& s)
        : op_(op), threads_(maxThreads()), most_(multipliesTiles ? kMost : 4 * kBrainHeight) {
        if (!multiplies(DataType::kBF16))
            fail(ErrorCode::kUNSUPPORTED_STATE, "this processor does not multiply bf16");
        const auto& q = s.inputs[0].dims;
        const size_t rank = q.size();
        rows_ = q[rank - 2], depth_ = q[rank - 1];
        columns_ = s.inputs[1].dims[rank - 2], width_ = s.inputs[2].dims[rank - 1];
        std::vector<int64_t> batch(q.begin(), q.end() - 2);
        for (size_t i = 0; i < 3; ++i) in_[i] = headsOf(s.inputs[i], batch);
        out_ = headsOf(s.outputs[0], batch);
        masked_ = s.inputs.size() > 3 && s.inputs[3].present;
        if (masked_) mask_ = headsOf(s.inputs[3], batch);
        scoreStep_ = rounded(columns_), sumStep_ = rounded(width_);
        keys_ = packedBrains(depth_, columns_), values_ = packedBrains(columns_, width_);
        const auto floats =
            static_cast<size_t>(most_ * std::max(scoreStep_, sumStep_) + scoreStep_);
        share_ = 4 * floats + 2 * (keys_ + values_ + static_cast<size_t>(most_ * scoreStep_));
        share_ = (share_ + 63) / 64 * 64;
    }

    size_t workspace() const noexcept override { return share_ * static_cast<size_t>(threads_); }

    Status enqueue(device::Stream&, const device::Launch& launch) noexcept override {
        const int64_t blocks = (rows_ + most_ - 1) / most_,
                      tasks = blocks * static_cast<int64_t>(out_.begin.size());
        if (tasks == 0 || width_ == 0) return Status::success();
        const int64_t parts = std::min<int64_t>(threads_, tasks);
        parallelFor(parts, 1, [&](int64_t begin, int64_t end) {
            for (int64_t part = begin; part < end; ++part) {
                Scratch s(*this, static_cast<char*>(launch.workspace) +
                                     share_ * static_cast<size_t>(part));
                for (int64_t t = tasks * part / parts; t < tasks * (part + 1) / parts; ++t) {
                    const int64_t b = t % blocks;  // as even as they go
                    block(launch, s, t / blocks, rows_ * b / blocks, rows_ * (b + 1) / blocks);
                }
            }
        });
        return Status::success();
    }
    std::string implementation() const override { return cat("blocks of ", most_, " queries"); }

private:
    struct Scratch {
        float *scores, *line;  // scores, then sums; one line of the mask
        BFloat16 *keys, *values, *weights;
        int64_t head = -1;  // whose keys and values are packed
        Scratch(const BrainAttentionBound& b, char* at)
            : scores(reinterpret_cast<float*>(at)),
              line(scores + b.most_ * std::max(b.scoreStep_, b.sumStep_)),
              keys(reinterpret_cast<BFloat16*>(line + b.scoreStep_)),
              values(keys + b.keys_),
              weights(values + b.values_) {}
    };
    static int64_t rounded(int64_t n) { return (n + kBrainWidth - 1) / kBrainWidth * kBrainWidth; }

    static const BFloat16* at(const device::Launch& l, size_t i, const Heads& h, int64_t head) {
        return static_cast<const BFloat16*>(l.inputs[i]) + h.begin[static_cast<size_t>(head)];
    }

    void block(const device::Launch& l, Scratch& s, int64_t head, int64_t first,
               int64_t last) const {
        if (s.head != head) {
            s.head = head;
            packBrainColumns(at(l, 1, in_[1], head), in_[1].row, depth_, columns_, s.keys);
            packBrainRows(at(l, 2, in_[2], head), in_[2].row, columns_, width_, s.values);
        }
        const int64_t rows = last - first;
        BrainProduct scores;
        scores.m = rows, scores.n = columns_, scores.k = depth_;
        scores.a = at(l, 0, in_[0], head) + first * in_[0].row, scores.lda = in_[0].row;
        scores.packed = s.keys;
        scores.c = s.scores, scores.ldc = scoreStep_;
        multiplyBrains(scores);
        float sums[kMost];
        for (int64_t r = 0; r < rows; ++r)
            sums[r] =
                weigh(l, s, head, first + r, s.scores + r * scoreStep_, s.weights + r * scoreStep_);
        BrainProduct mix;
        mix.m = rows, mix.n = width_, mix.k = columns_;
        mix.a = s.weights, mix.lda = scoreStep_;
        mix.packed = s.values;
        mix.c = s.scores, mix.ldc = sumStep_;
        multiplyBrains(mix);
        auto* y = static_cast<BFloat16*>(l.outputs[0]) + out_.begin[static_cast<size_t>(head)];
        for (int64_t r = 0; r < rows; ++r)
            brainRowFunctions().narrowScaled(s.scores + r * sumStep_, 1.f / sums[r],
                                             y + (first + r) * out_.row, width_);
    }

    // Scores of one query become weights, whose sum before they are rounded is returned.
    float weigh(const device::Launch& l, Scratch& s, int64_t head, int64_t row, float* x,
                BFloat16* weights) const {
        int64_t seen =
            op_.causal ? std::clamp<int64_t>(row + 1 + columns_ - rows_, 0, columns_) : columns_;
        std::fill(weights + seen, weights + scoreStep_, BFloat16());
        if (seen == 0) return 1;
        if (masked_) {
            const BFloat16* mask = at(l, 3, mask_, head) + row * mask_.row;
            if (mask_.column == 1)
                brainRowFunctions().widen(mask, nullptr, s.line, seen);
            else
                for (int64_t t = 0; t < seen; ++t)
                    s.line[t] = static_cast<float>(mask[t * mask_.column]);
        }
        return brainRowFunctions().weigh(x, op_.scale, masked_ ? s.line : nullptr, weights, seen,
                                         op_.zeroHidden && masked_);
    }

    ops::Attention op_;
    int threads_;
    int64_t most_;  // queries of a block
    int64_t rows_ = 0, columns_ = 0, depth_ = 0, width_ = 0, scoreStep_ = 0, sumStep_ = 0;
    Heads in_[3], mask_, out_;
    bool masked_ = false;
    size_t keys_ = 0, values_ = 0, share_ = 0;
};

Support takesBrains(const tactic::Query& q) {
    if (onlyType(q) != DataType::kBF16 || !multiplies(DataType::kBF16))
        return no("operands are not all bf16, or the machine does not multiply it");
    const Dim& depth = q.in(0).dims.back();
    if (!depth.isStatic() || depth.value() % 2 != 0) return no("an odd or open depth");
    return yes();
}

}  // namespace

void registerKernel_attention_bf16(tactic::Catalog& catalog) {
    catalog.add(std::make_unique<AttentionFactory<BrainAttentionBound>>(kName, takesBrains));
}

}  // namespace bireme::cpu
