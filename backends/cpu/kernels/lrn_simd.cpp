// SPDX-License-Identifier: Apache-2.0
// Local response normalisation across channels: x / (k + alpha / window * sum of squares) ^ beta.
#include "backends/cpu/simd/tile_functions.h"
#include "backends/cpu/support/factory.h"
#include "backends/cpu/support/record.h"
#include "base/parallel_for.h"
#include "ops/lrn.h"

#include <algorithm>

namespace bireme::cpu {

using device::Shapes;
using ops::PointwiseFn;

namespace {

constexpr const char* kName = "cpu.lrn.simd";
constexpr int64_t kChunk = 256;

void apply(PointwiseFn fn, const float* a, const float* b, float* out, int64_t n) {
    TileArgs t;
    t.out = out;
    t.in[0] = a, t.in[1] = b;
    t.n = n;
    vectorFunction(fn)(t);
}

class LrnBound final : public device::Bound {
public:
    LrnBound(const ops::Lrn& op, const Shapes& s) : op_(op), last_(!s.inputs[0].format.isLinear()) {
        const auto& dims = s.inputs[0].dims;
        batch_ = dims[0], channels_ = dims[1];
        pixels_ = batch_ > 0 && channels_ > 0 ? product(dims) / (batch_ * channels_) : 0;
    }

    Status enqueue(device::Stream&, const device::Launch& launch) noexcept override {
        const float* x = static_cast<const float*>(launch.inputs[0]);
        float* y = static_cast<float*>(launch.outputs[0]);
        // Channels-last: a run of channels of one pixel. Planes: a run of pixels of one channel.
        const int64_t runs = last_ ? (channels_ + kChunk - 1) / kChunk
                                   : channels_ * ((pixels_ + kChunk - 1) / kChunk);
        const int64_t tasks = batch_ * (last_ ? pixels_ : 1) * runs;
        parallelFor(tasks, 16, [&](int64_t begin, int64_t end) {
            for (int64_t t = begin; t < end; ++t) {
                if (last_)
                    lastRun(x, y, t / runs, t % runs * kChunk);
                else
                    planeRun(x, y, t / runs, t % runs % channels_, t % runs / channels_ * kChunk);
            }
        });
        return Status::success();
    }

private:
    int64_t before() const { return (op_.window - 1) / 2; }
    int64_t after() const { return op_.window / 2; }

    void lastRun(const float* x, float* y, int64_t pixel, int64_t c) const {
        const int64_t n = std::min(kChunk, channels_ - c), at = pixel * channels_ + c;
        float sums[kChunk];
        for (int64_t i = 0; i < n; ++i) {
            int64_t first = std::max<int64_t>(0, c + i - before()),
                    end = std::min(channels_, c + i + after() + 1);
            float sum = 0;
            for (int64_t k = first; k < end; ++k)
                sum += x[pixel * channels_ + k] * x[pixel * channels_ + k];
            sums[i] = sum;
        }
        finish(x + at, sums, y + at, n);
    }

    void planeRun(const float* x, float* y, int64_t image, int64_t c, int64_t from) const {
        const int64_t n = std::min(kChunk, pixels_ - from);
        float sums[kChunk], square[kChunk];
        std::fill_n(sums, n, 0.f);
        for (int64_t k = std::max<int64_t>(0, c - before());
             k < std::min(channels_, c + after() + 1); ++k) {
            const float* in = x + (image * channels_ + k) * pixels_ + from;
            apply(PointwiseFn::prod, in, in, square, n);
            apply(PointwiseFn::sum, sums, square, sums, n);
        }
        const int64_t at = (image * channels_ + c) * pixels_ + from;
        finish(x + at, sums, y + at, n);
    }

    void finish(const float* x, float* sums, float* y, int64_t n) const {
        float power[kChunk];
        const float factor = op_.alpha / static_cast<float>(op_.window);
        for (int64_t i = 0; i < n; ++i) sums[i] = op_.k + factor * sums[i];
        if (op_.beta == 0.75f) {  // b^(3/4) by square roots
            apply(PointwiseFn::sqrt, sums, sums, sums, n);
            apply(PointwiseFn::sqrt, sums, sums, power, n);
            apply(PointwiseFn::prod, sums, power, power, n);
        } else {
            apply(PointwiseFn::log, sums, sums, power, n);
            for (int64_t i = 0; i < n; ++i) power[i] *= op_.beta;
            apply(PointwiseFn::exp, power, power, power, n);
        }
        apply(PointwiseFn::div, x, power, y, n);
    }

    ops::Lrn op_;
    bool last_;
    int64_t batch_ = 0, channels_ = 0, pixels_ = 0;
};

class LrnKernel final : public device::Kernel {
public:
    explicit LrnKernel(ops::Lrn op) : op_(op) {}
    size_t workspaceBound(const Shapes&, const Shapes&, const Shapes&) const override { return 0; }
    std::unique_ptr<device::Bound> bind(const Shapes& shapes,
                                        device::ContextState&) const override {
        return std::make_unique<LrnBound>(op_, shapes);
    }
    void save(ByteWriter& out) const override { putAttributes(out, op_); }

private:
    ops::Lrn op_;
};

class LrnFactory final : public tactic::KernelFactory {
public:
    std::string_view name() const override { return kName; }
    Support supports(const tactic::Query& q) const override {
        const auto* op = q.group().anchorAs<ops::Lrn>();
        if (!op || !q.group().single()) return no("not a lone lrn");
        if (op->k <= 0 || op->alpha < 0) return no("the base of the power may be negative");
        return allFloat(q) ? yes() : no("elements are not f32");
    }
    void formats(const tactic::Query& q, tactic::FormatList& out) const override {
        out.push_back(combination(q));
        if (q.out(0).rank() >= 3) out.push_back(channelsLastCombination(q));
    }
    tactic::Created create(const tactic::Query& q, const tactic::Tactic&) const override {
        tactic::Created made;
        made.kernel = std::make_unique<LrnKernel>(*q.group().anchorAs<ops::Lrn>());
        return made;
    }
    std::unique_ptr<device::Kernel> load(ByteReader& in, device::Device&) const override {
        return std::make_unique<LrnKernel>(getAttributes<ops::Lrn>(in));
    }
};

}  // namespace

void registerKernel_lrn_simd(tactic::Catalog& catalog) {
    catalog.add(std::make_unique<LrnFactory>());
}

}  // namespace bireme::cpu
