// SPDX-License-Identifier: Apache-2.0
// What the three ONNX recurrences (RNN, GRU, LSTM) share: shapes, activations and the walk along
// the sequence.
#pragma once

#include "ir/eval.h"
#include "ir/infer.h"
#include "ir/work.h"
#include "ops/support/pointwise_table.h"

#include <algorithm>
#include <string>
#include <vector>

namespace bireme::ops {

struct RecurrentAttributes {
    int64_t hiddenSize;
    const std::string& direction;
    const std::string& activations;
    const std::vector<float>& alpha;
    const std::vector<float>& beta;
    float clip;
    int64_t layout;
    int gates;             // 1, 3 or 4
    const char* defaults;  // the op's own activations, comma-separated
    int states;            // hidden alone, or hidden and cell

    template <typename OpType>
    static RecurrentAttributes of(const OpType& op, int gates, const char* defaults, int states) {
        return {op.hiddenSize, op.direction, op.activations, op.activationAlpha, op.activationBeta,
                op.clip,       op.layout,    gates,          defaults,           states};
    }
    int64_t directions() const { return direction == "bidirectional" ? 2 : 1; }
};

// Inputs 0..5: X, W, R, B, lengths, h0, then c0 for two states. Checks them and sets all outputs.
// Of the products with both weights, over all steps and directions.
inline Dim recurrentOperations(const ir::Work& w) {
    const DimVector x = w.in(0);
    return Dim(2) * x[0] * x[1] * (volume(w.in(1)) + volume(w.in(2)));
}
void inferRecurrent(const RecurrentAttributes& a, ir::InferContext& c);

struct RecurrentActivation {
    bool affine = false;  // alpha * x + beta, which no scalar function is
    PointwiseFn fn = PointwiseFn::tanh;
    float alpha = 0, beta = 0;

    // Applied to each of n elements, which are clipped to -clip..clip first (0: not).
    template <typename T>
    void apply(T* x, int64_t n, float clip) const {
        auto f = scalarFunction<T>(fn);
        for (int64_t i = 0; i < n; ++i) {
            T v = clip > 0 ? std::clamp(x[i], static_cast<T>(-clip), static_cast<T>(clip)) : x[i];
            x[i] = affine ? alpha * v + beta : f(v, T(0), T(0), alpha, beta);
        }
    }
};

// Activations of every direction, one after the other; Error for an unknown name or a wrong count.
std::vector<RecurrentActivation> recurrentActivations(const RecurrentAttributes& a);

// y += m v for a row-major matrix.
template <typename T>
void addProduct(const T* m, int64_t rows, int64_t columns, const T* v, T* y) {
    for (int64_t i = 0; i < rows; ++i, m += columns) {
        T sum = 0;
        for (int64_t k = 0; k < columns; ++k) sum += m[k] * v[k];
        y[i] += sum;
    }
}

// One direction's weights as a step sees them.
template <typename T>
struct RecurrentWeights {
    int64_t hidden, input;
    const T *w, *r, *inputBias, *recurrentBias;  // biases null when absent
    const RecurrentActivation* activations;
};

// Offsets of batch and time in the tensors, for both layouts.
struct RecurrentShape {
    int64_t steps, batch, input, hidden, directions, layout;
    RecurrentShape(const RecurrentAttributes& a, const ir::EvalContext& c);
    int64_t inputAt(int64_t t, int64_t n) const {
        return (layout ? n * steps + t : t * batch + n) * input;
    }
    int64_t outputAt(int64_t t, int64_t d, int64_t n) const {
        return (layout ? (n * steps + t) * directions + d : (t * directions + d) * batch + n) *
               hidden;
    }
    int64_t stateAt(int64_t d, int64_t n) const {
        return (layout ? n * directions + d : d * batch + n) * hidden;
    }
};

// Runs every direction and batch entry. step(weights, direction, gates, states) gets W x + bias in
// `gates` [gates * hidden] and updates states[0] (hidden) and states[1] (cell).
template <typename T, typename Step>
void runRecurrent(const RecurrentAttributes& a, ir::EvalContext& c, Step&& step) {
    RecurrentShape s(a, c);
    auto activations = recurrentActivations(a);
    auto perDirection = activations.size() / static_cast<size_t>(s.directions);
    int64_t rows = a.gates * s.hidden;
    const T *x = c.read<T>(0).data(), *w = c.read<T>(1).data(), *r = c.read<T>(2).data();
    const T* bias = c.has(3) ? c.read<T>(3).data() : nullptr;
    std::vector<int64_t> lengths =
        c.has(4) ? c.ints(4) : std::vector<int64_t>(static_cast<size_t>(s.batch), s.steps);
    auto y = c.write<T>(0);
    std::fill(y.begin(), y.end(), T(0));
    std::vector<T> gates(static_cast<size_t>(rows)), states[2];
    const T* first[2] = {};
    T* last[2] = {};
    for (int k = 0; k < a.states; ++k) {
        if (c.has(5 + k)) first[k] = c.read<T>(5 + k).data();
        if (c.outputs() > 1 + k) last[k] = c.write<T>(1 + k).data();
    }
    for (int64_t d = 0; d < s.directions; ++d)
        for (int64_t n = 0; n < s.batch; ++n) {
            RecurrentWeights<T> weights{s.hidden,
                                        s.input,
                                        w + d * rows * s.input,
                                        r + d * rows * s.hidden,
                                        bias ? bias + d * 2 * rows : nullptr,
                                        bias ? bias + (d * 2 + 1) * rows : nullptr,
                                        activations.data() + static_cast<size_t>(d) * perDirection};
            int64_t length = lengths[static_cast<size_t>(n)], state = s.stateAt(d, n);
            c.require(length >= 0 && length <= s.steps, "sequence length ", length,
                      " is outside 0..", s.steps);
            for (int k = 0; k < a.states; ++k) {
                states[k].assign(static_cast<size_t>(s.hidden), T(0));
                if (first[k]) std::copy_n(first[k] + state, s.hidden, states[k].data());
            }
            bool backwards = a.direction == "reverse" || d == 1;
            for (int64_t i = 0; i < length; ++i) {
                int64_t t = backwards ? length - 1 - i : i;
                if (bias)
                    std::copy_n(weights.inputBias, rows, gates.data());
                else
                    std::fill(gates.begin(), gates.end(), T(0));
                addProduct(weights.w, rows, s.input, x + s.inputAt(t, n), gates.data());
                step(weights, d, gates.data(), states);
                std::copy_n(states[0].data(), s.hidden, y.data() + s.outputAt(t, d, n));
            }
            for (int k = 0; k < a.states; ++k)
                if (last[k]) std::copy_n(states[k].data(), s.hidden, last[k] + state);
        }
}

}  // namespace bireme::ops
