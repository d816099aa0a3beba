// SPDX-License-Identifier: Apache-2.0
// Attention by a recurrent state, one head of one batch entry at a time.
#include "backends/cpu/typed/kernel.h"
#include "base/parallel_for.h"
#include "ops/linear_attention.h"

#include <algorithm>
#include <cmath>

namespace bireme::cpu {

namespace {

constexpr int64_t kChunk = 256;  // values side by side

struct FloatsOnly {
    static DataType of(DataType) { return DataType::kFLOAT; }
    template <typename F>
    static void visit(DataType, F&& f) {
        f(float{});
    }
};

struct LinearAttentionTyped : TypedLoops<ops::LinearAttention, FloatsOnly> {
    static constexpr const char* kName = "cpu.linear_attention.typed";
    struct Plan {
        int64_t batch, time, heads, queryHeads, key, value;
        int64_t decays = 0, betas = 0;  // numbers per head and step, per step
        float scale;

        Plan(const ops::LinearAttention& op, const TypedCall& c)
            : batch(c.dims(0)[0]),
              time(c.dims(0)[1]),
              heads(op.heads),
              queryHeads(op.queryHeads),
              key(c.dims(0)[2] / op.queryHeads),
              value(c.dims(2)[2] / op.heads) {
            scale = op.scale != 0 ? op.scale : 1 / std::sqrt(static_cast<float>(key));
            const auto &k = c.dims(1), &v = c.dims(2);
            bool ok = k[2] == heads * key && c.dims(0)[2] == queryHeads * key &&
                      v[2] == heads * value && k[1] == time && v[1] == time;
            if (c.has(4)) decays = c.dims(4)[2] / heads;
            if (c.has(5)) betas = c.dims(5)[2];
            ok = ok && (!c.has(4) || decays == 1 || decays == key) &&
                 (!c.has(5) || betas == 1 || betas == heads);
            if (!ok) failInvalid("query, key, value, decay and beta do not fit together");
        }
    };

    static bool converts(bool, int, DataType, DataType) { return true; }
    static size_t scratch(const Plan& p, const TypedCall&) {
        return static_cast<size_t>(p.batch * p.heads * p.key * p.value) * sizeof(float);
    }

    // Values [first, first + n) of one head: decay, correction and writing of one step.
    static void advance(const Plan& p, float* state, const float* k, const float* v,
                        const float* decay, const float* beta, int64_t n) {
        for (int64_t d = 0; decay && d < p.key; ++d) {
            const float f = std::exp(decay[p.decays == 1 ? 0 : d]);
            for (int64_t m = 0; m < n; ++m) state[d * p.value + m] *= f;
        }
        float write[kChunk];
        std::copy_n(v, n, write);
        if (beta) {
            double held[kChunk] = {};
            for (int64_t d = 0; d < p.key; ++d)
                for (int64_t m = 0; m < n; ++m)
                    held[m] +=
                        static_cast<double>(state[d * p.value + m]) * static_cast<double>(k[d]);
            for (int64_t m = 0; m < n; ++m)
                write[m] = *beta * (write[m] - static_cast<float>(held[m]));
        }
        for (int64_t d = 0; d < p.key; ++d)
            for (int64_t m = 0; m < n; ++m) state[d * p.value + m] += k[d] * write[m];
    }

    static void answer(const Plan& p, const float* state, const float* q, float* y, int64_t n) {
        double sum[kChunk] = {};
        for (int64_t d = 0; d < p.key; ++d)
            for (int64_t m = 0; m < n; ++m)
                sum[m] += static_cast<double>(q[d]) * static_cast<double>(state[d * p.value + m]);
        for (int64_t m = 0; m < n; ++m) y[m] = p.scale * static_cast<float>(sum[m]);
    }

    static void head(const Plan& p, const TypedCall& c, int64_t b, int64_t h) {
        const int64_t size = p.key * p.value, at = (b * p.heads + h) * size;
        const int64_t share = p.queryHeads / p.heads;
        float* state = reinterpret_cast<float*>(c.scratch) + at;
        const float *q = c.in<float>(0), *k = c.in<float>(1), *v = c.in<float>(2),
                    *past = c.in<float>(3), *decay = c.in<float>(4), *beta = c.in<float>(5);
        float *y = c.out<float>(0), *present = c.out<float>(1);
        if (past)
            std::copy_n(past + at, size, state);
        else
            std::fill_n(state, size, 0.f);
        for (int64_t t = 0; t < p.time; ++t) {
            const int64_t row = b * p.time + t;
            for (int64_t m = 0; m < p.value; m += kChunk) {
                const int64_t n = std::min(kChunk, p.value - m);
                advance(p, state + m, k + (row * p.heads + h) * p.key,
                        v + (row * p.heads + h) * p.value + m,
                        decay ? decay + (row * p.heads + h) * p.decays : nullptr,
                        beta ? beta + row * p.betas + (p.betas == 1 ? 0 : h) : nullptr, n);
                for (int64_t g = h * share; y && g < (h + 1) * share; ++g)
                    answer(p, state + m, q + (row * p.queryHeads + g) * p.key,
                           y + (row * p.queryHeads + g) * p.value + m, n);
            }
        }
        if (present) std::copy_n(state, size, present + at);
    }

    template <typename T>
    static Status run(const Plan& p, const TypedCall& c) noexcept {
        parallelFor(p.batch * p.heads, 1, [&](int64_t begin, int64_t end) {
            for (int64_t i = begin; i < end; ++i) head(p, c, i / p.heads, i % p.heads);
        });
        return Status::success();
    }
};

}  // namespace

void registerKernel_linear_attention_typed(tactic::Catalog& catalog) {
    addTyped<LinearAttentionTyped>(catalog);
}

}  // namespace bireme::cpu
