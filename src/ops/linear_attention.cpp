// SPDX-License-Identifier: Apache-2.0
#include "ops/linear_attention.h"

#include "ir/eval.h"
#include "ir/infer.h"

#include <algorithm>
#include <cmath>

namespace bireme::ops {

static bool gates(const LinearAttention& op) {
    return op.rule == "gated" || op.rule == "gated_delta";
}
static bool corrects(const LinearAttention& op) {
    return op.rule == "delta" || op.rule == "gated_delta";
}

static void infer(const LinearAttention& op, ir::InferContext& c) {
    c.require(gates(op) || corrects(op) || op.rule == "linear",
              "the rule is linear, gated, delta or gated_delta, not ", op.rule);
    c.require(op.heads > 0 && op.queryHeads > 0 && op.queryHeads % op.heads == 0, op.queryHeads,
              " query heads cannot share ", op.heads);
    for (int i = 0; i < 3; ++i)
        c.require(c.in(i).rank() == 3 && isReal(c.in(i).type),
                  "query, key and value are [batch, time, heads * size], input ", i, " is ",
                  c.in(i).text());
    c.require(gates(op) == c.has(4), "rule ", op.rule, gates(op) ? " needs" : " takes no",
              " decay");
    c.require(corrects(op) == c.has(5), "rule ", op.rule, corrects(op) ? " needs" : " takes no",
              " beta");
    const TensorDesc &q = c.in(0), &v = c.in(2);
    Dim keySize = floorDiv(q.dims[2], Dim(op.queryHeads)),
        valueSize = floorDiv(v.dims[2], Dim(op.heads));
    c.out(0) = {q.type, {q.dims[0], q.dims[1], Dim(op.queryHeads) * valueSize}, {}, {}};
    if (c.outputs() > 1)
        c.out(1) = {c.has(3) ? c.in(3).type : q.type,
                    {q.dims[0], Dim(op.heads), keySize, valueSize},
                    {},
                    {}};
}

namespace {

struct Sizes {
    int64_t batch, time, heads, queryHeads, key, value;
};

// One step of one head: decay, correction, writing. state is [key, value].
void advance(std::vector<float>& state, const Sizes& s, const float* k, const float* v,
             const float* decay, int64_t decays, const float* beta) {
    for (int64_t d = 0; decay && d < s.key; ++d) {
        float f = std::exp(decay[decays == 1 ? 0 : d]);
        for (int64_t m = 0; m < s.value; ++m) state[static_cast<size_t>(d * s.value + m)] *= f;
    }
    for (int64_t m = 0; m < s.value; ++m) {
        float write = v[m];
        if (beta) {
            double held = 0;
            for (int64_t d = 0; d < s.key; ++d)
                held += static_cast<double>(state[static_cast<size_t>(d * s.value + m)]) *
                        static_cast<double>(k[d]);
            write = *beta * (write - static_cast<float>(held));
        }
        for (int64_t d = 0; d < s.key; ++d)
            state[static_cast<size_t>(d * s.value + m)] += k[d] * write;
    }
}

}  // namespace

static void eval(const LinearAttention& op, ir::EvalContext& c) {
    Sizes s{
        c.dims(0)[0],           c.dims(0)[1], op.heads, op.queryHeads, c.dims(0)[2] / op.queryHeads,
        c.dims(2)[2] / op.heads};
    c.require(c.dims(1)[2] == s.heads * s.key && c.dims(0)[2] == s.queryHeads * s.key &&
                  c.dims(2)[2] == s.heads * s.value && c.dims(1)[1] == s.time &&
                  c.dims(2)[1] == s.time,
              "query, key and value do not fit together");
    auto q = c.read<float>(0), k = c.read<float>(1), v = c.read<float>(2);
    auto y = c.write<float>(0);
    auto past = c.has(3) ? c.read<float>(3) : std::span<const float>{};
    auto decay = c.has(4) ? c.read<float>(4) : std::span<const float>{};
    auto beta = c.has(5) ? c.read<float>(5) : std::span<const float>{};
    int64_t decays = c.has(4) ? c.dims(4)[2] / s.heads : 0, betas = c.has(5) ? c.dims(5)[2] : 0;
    c.require(!c.has(4) || decays == 1 || decays == s.key, "decay has ", decays, " values a head");
    c.require(!c.has(5) || betas == 1 || betas == s.heads, "beta has ", betas, " values");
    auto present = c.outputs() > 1 ? c.write<float>(1) : std::span<float>{};
    float scale = op.scale != 0 ? op.scale : 1 / std::sqrt(static_cast<float>(s.key));
    int64_t share = s.queryHeads / s.heads, size = s.key * s.value;
    for (int64_t b = 0; b < s.batch; ++b)
        for (int64_t h = 0; h < s.heads; ++h) {
            std::vector<float> state(static_cast<size_t>(size), 0);
            int64_t at = (b * s.heads + h) * size;
            if (c.has(3)) std::copy_n(past.begin() + at, size, state.begin());
            for (int64_t t = 0; t < s.time; ++t) {
                int64_t row = b * s.time + t;
                advance(state, s, k.data() + (row * s.heads + h) * s.key,
                        v.data() + (row * s.heads + h) * s.value,
                        c.has(4) ? decay.data() + (row * s.heads + h) * decays : nullptr, decays,
                        c.has(5) ? beta.data() + row * betas + (betas == 1 ? 0 : h) : nullptr);
                for (int64_t g = h * share; g < (h + 1) * share; ++g)
                    for (int64_t m = 0; m < s.value; ++m) {
                        double sum = 0;
                        for (int64_t d = 0; d < s.key; ++d)
                            sum +=
                                static_cast<double>(
                                    q[static_cast<size_t>((row * s.queryHeads + g) * s.key + d)]) *
                                static_cast<double>(state[static_cast<size_t>(d * s.value + m)]);
                        y[static_cast<size_t>((row * s.queryHeads + g) * s.value + m)] =
                            scale * static_cast<float>(sum);
                    }
            }
            if (!present.empty()) std::copy_n(state.begin(), size, present.begin() + at);
        }
}

BIREME_OP(linear_attention, LinearAttention,
          {.inputs = 3,
           .maxInputs = 6,
           .outputs = 1,
           .maxOutputs = 2,
           .infer = infer,
           .eval = eval,
           .doc = "Attention by a recurrent state, step by step."})

}  // namespace bireme::ops
