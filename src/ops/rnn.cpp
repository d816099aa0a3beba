// SPDX-License-Identifier: Apache-2.0
#include "ops/rnn.h"

#include "ops/support/recurrent.h"

namespace bireme::ops {

static RecurrentAttributes attributes(const Rnn& op) {
    return RecurrentAttributes::of(op, 1, "Tanh", 1);
}

static void infer(const Rnn& op, ir::InferContext& c) { inferRecurrent(attributes(op), c); }

// h = f(W x + R h + biases)
template <typename T>
static void step(const Rnn& op, const RecurrentWeights<T>& w, T* gates, std::vector<T>& h) {
    addProduct(w.r, w.hidden, w.hidden, h.data(), gates);
    for (int64_t i = 0; w.recurrentBias && i < w.hidden; ++i) gates[i] += w.recurrentBias[i];
    w.activations[0].apply(gates, w.hidden, op.clip);
    std::copy_n(gates, w.hidden, h.data());
}

static void eval(const Rnn& op, ir::EvalContext& c) {
    c.computeReal(c.type(0), [&](auto t) {
        using T = decltype(t);
        runRecurrent<T>(attributes(op), c,
                        [&](const RecurrentWeights<T>& w, int64_t, T* gates,
                            std::vector<T>* states) { step<T>(op, w, gates, states[0]); });
    });
}

static Dim operations(const Rnn&, const ir::Work& w) { return recurrentOperations(w); }

BIREME_OP(rnn, Rnn,
          {.inputs = 3,
           .maxInputs = 6,
           .outputs = 1,
           .maxOutputs = 2,
           .infer = infer,
           .eval = eval,
           .operations = operations,
           .doc = "Simple recurrence over a sequence (ONNX RNN)."})

}  // namespace bireme::ops
