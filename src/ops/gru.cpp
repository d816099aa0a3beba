// SPDX-License-Identifier: Apache-2.0
#include "ops/gru.h"

#include "ops/support/recurrent.h"

namespace bireme::ops {

static RecurrentAttributes attributes(const Gru& op) {
    return RecurrentAttributes::of(op, 3, "Sigmoid,Tanh", 1);
}

static void infer(const Gru& op, ir::InferContext& c) { inferRecurrent(attributes(op), c); }

// z, r = f(W x + R h + biases); n = g(W x + R (r * h) + biases), or, with linearBeforeReset,
// n = g(W x + bias + r * (R h + bias)); h = (1 - z) * n + z * h
template <typename T>
static void step(const Gru& op, const RecurrentWeights<T>& w, T* gates, std::vector<T>& h,
                 std::vector<T>& scratch) {
    int64_t n = w.hidden;
    T *z = gates, *r = gates + n, *next = gates + 2 * n;
    auto bias = [&](int64_t i) { return w.recurrentBias ? w.recurrentBias[i] : T(0); };
    addProduct(w.r, 2 * n, n, h.data(), gates);
    for (int64_t i = 0; i < 2 * n; ++i) gates[i] += bias(i);
    w.activations[0].apply(gates, 2 * n, op.clip);
    const T* matrix = w.r + 2 * n * n;
    scratch.assign(static_cast<size_t>(n), T(0));
    if (op.linearBeforeReset) {
        addProduct(matrix, n, n, h.data(), scratch.data());
        for (int64_t i = 0; i < n; ++i)
            next[i] += r[i] * (scratch[static_cast<size_t>(i)] + bias(2 * n + i));
    } else {
        for (int64_t i = 0; i < n; ++i)
            scratch[static_cast<size_t>(i)] = r[i] * h[static_cast<size_t>(i)];
        addProduct(matrix, n, n, scratch.data(), next);
        for (int64_t i = 0; i < n; ++i) next[i] += bias(2 * n + i);
    }
    w.activations[1].apply(next, n, op.clip);
    for (int64_t i = 0; i < n; ++i)
        h[static_cast<size_t>(i)] = (1 - z[i]) * next[i] + z[i] * h[static_cast<size_t>(i)];
}

static void eval(const Gru& op, ir::EvalContext& c) {
    c.computeReal(c.type(0), [&](auto t) {
        using T = decltype(t);
        std::vector<T> scratch;
        runRecurrent<T>(attributes(op), c,
                        [&](const RecurrentWeights<T>& w, int64_t, T* gates,
                            std::vector<T>* states) { step<T>(op, w, gates, states[0], scratch); });
    });
}

static Dim operations(const Gru&, const ir::Work& w) { return recurrentOperations(w); }

BIREME_OP(gru, Gru,
          {.inputs = 3,
           .maxInputs = 6,
           .outputs = 1,
           .maxOutputs = 2,
           .infer = infer,
           .eval = eval,
           .operations = operations,
           .doc = "Gated recurrent unit over a sequence (ONNX GRU)."})

}  // namespace bireme::ops
