// SPDX-License-Identifier: Apache-2.0
#include "ops/lstm.h"

#include "ops/support/recurrent.h"

namespace bireme::ops {

static RecurrentAttributes attributes(const Lstm& op) {
    return RecurrentAttributes::of(op, 4, "Sigmoid,Tanh,Tanh", 2);
}

static void infer(const Lstm& op, ir::InferContext& c) { inferRecurrent(attributes(op), c); }

template <typename T>
static void addPeephole(const T* p, const std::vector<T>& cell, T* gate) {
    for (size_t i = 0; p && i < cell.size(); ++i) gate[i] += p[i] * cell[i];
}

// i, f = f(W x + R h + P c + biases); c = f * c + i * g(W x + R h + biases); o = f(W x + R h + P c
// + biases); h = o * h(c). Peepholes lie in the order i, o, f. With inputForget f is 1 - i.
template <typename T>
static void step(const Lstm& op, const RecurrentWeights<T>& w, const T* peepholes, T* gates,
                 std::vector<T>* states) {
    int64_t n = w.hidden;
    std::vector<T>&h = states[0], &cell = states[1];
    T *input = gates, *output = gates + n, *forget = gates + 2 * n, *next = gates + 3 * n;
    const T *pi = peepholes, *po = peepholes ? peepholes + n : nullptr,
            *pf = peepholes ? peepholes + 2 * n : nullptr;
    addProduct(w.r, 4 * n, n, h.data(), gates);
    for (int64_t i = 0; w.recurrentBias && i < 4 * n; ++i) gates[i] += w.recurrentBias[i];
    addPeephole(pi, cell, input);
    w.activations[0].apply(input, n, op.clip);
    if (op.inputForget) {
        for (int64_t i = 0; i < n; ++i) forget[i] = 1 - input[i];
    } else {
        addPeephole(pf, cell, forget);
        w.activations[0].apply(forget, n, op.clip);
    }
    w.activations[1].apply(next, n, op.clip);
    for (int64_t i = 0; i < n; ++i) {
        auto k = static_cast<size_t>(i);
        cell[k] = forget[i] * cell[k] + input[i] * next[i];
    }
    addPeephole(po, cell, output);
    w.activations[0].apply(output, n, op.clip);
    h = cell;
    w.activations[2].apply(
        h.data(), n, 0);  // gates alone are clipped: what is known to run does not clip the cell
    for (int64_t i = 0; i < n; ++i) h[static_cast<size_t>(i)] *= output[i];
}

static void eval(const Lstm& op, ir::EvalContext& c) {
    c.computeReal(c.type(0), [&](auto t) {
        using T = decltype(t);
        const T* peepholes = c.has(7) ? c.read<T>(7).data() : nullptr;
        runRecurrent<T>(
            attributes(op), c,
            [&](const RecurrentWeights<T>& w, int64_t d, T* gates, std::vector<T>* states) {
                step<T>(op, w, peepholes ? peepholes + d * 3 * w.hidden : nullptr, gates, states);
            });
    });
}

static Dim operations(const Lstm&, const ir::Work& w) { return recurrentOperations(w); }

BIREME_OP(lstm, Lstm,
          {.inputs = 3,
           .maxInputs = 8,
           .outputs = 1,
           .maxOutputs = 3,
           .infer = infer,
           .eval = eval,
           .operations = operations,
           .doc = "Long short-term memory over a sequence (ONNX LSTM)."})

}  // namespace bireme::ops
