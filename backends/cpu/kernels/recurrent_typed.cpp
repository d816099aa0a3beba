// SPDX-License-Identifier: Apache-2.0
// RNN, GRU and LSTM of every real type, with computed weights, lengths, peepholes and any
// activations.
#include "backends/cpu/simd/tile_functions.h"
#include "backends/cpu/typed/kernel.h"
#include "base/parallel_for.h"
#include "ops/gru.h"
#include "ops/lstm.h"
#include "ops/rnn.h"
#include "ops/support/recurrent.h"

#include <algorithm>

namespace bireme::cpu {

namespace {

using ops::RecurrentActivation;

// y += m v for a row-major matrix.
template <typename T>
void addProduct(const T* m, int64_t rows, int64_t columns, const T* v, T* y) {
    constexpr int kLanes = 16;
    for (int64_t i = 0; i < rows; ++i, m += columns) {
        T lane[kLanes] = {};
        int64_t k = 0;
        for (; k + kLanes <= columns; k += kLanes)
            for (int j = 0; j < kLanes; ++j) lane[j] += m[k + j] * v[k + j];
        for (int j = 1; j < kLanes; ++j) lane[0] += lane[j];
        for (; k < columns; ++k) lane[0] += m[k] * v[k];
        y[i] += lane[0];
    }
}

template <typename T>
void activate(const RecurrentActivation& f, T* x, int64_t n, float clip) {
    if constexpr (std::is_same_v<T, float>)
        if (TileFunction vector = f.affine ? nullptr : vectorFunction(f.fn)) {
            if (clip > 0)
                for (int64_t i = 0; i < n; ++i) x[i] = std::clamp(x[i], -clip, clip);
            TileArgs t;
            t.out = x, t.in[0] = t.in[1] = x, t.n = n;
            t.alpha = f.alpha, t.beta = f.beta;
            return vector(t);
        }
    f.apply(x, n, clip);
}

// One direction's weights and one sequence's memory as a step sees them. Gates hold W x + bias.
template <typename T>
struct Cell {
    int64_t hidden;
    const T *r, *recurrentBias, *peepholes;  // null where absent
    const RecurrentActivation* activations;
    T *gates, *h, *c, *spare;

    T bias(int64_t i) const { return recurrentBias ? recurrentBias[i] : T(0); }
    void addRecurrent(int64_t rows) const {
        addProduct(r, rows, hidden, h, gates);
        for (int64_t i = 0; recurrentBias && i < rows; ++i) gates[i] += recurrentBias[i];
    }
};

template <typename T>
void step(const ops::Rnn& op, const Cell<T>& s) {
    s.addRecurrent(s.hidden);
    activate(s.activations[0], s.gates, s.hidden, op.clip);
    std::copy_n(s.gates, s.hidden, s.h);
}

// Gates lie in the order update, reset, next.
template <typename T>
void step(const ops::Gru& op, const Cell<T>& s) {
    const int64_t n = s.hidden;
    T *z = s.gates, *reset = z + n, *next = z + 2 * n;
    const T* matrix = s.r + 2 * n * n;
    s.addRecurrent(2 * n);
    activate(s.activations[0], s.gates, 2 * n, op.clip);
    if (op.linearBeforeReset) {
        std::fill_n(s.spare, n, T(0));
        addProduct(matrix, n, n, s.h, s.spare);
        for (int64_t i = 0; i < n; ++i) next[i] += reset[i] * (s.spare[i] + s.bias(2 * n + i));
    } else {
        for (int64_t i = 0; i < n; ++i) s.spare[i] = reset[i] * s.h[i];
        addProduct(matrix, n, n, s.spare, next);
        for (int64_t i = 0; i < n; ++i) next[i] += s.bias(2 * n + i);
    }
    activate(s.activations[1], next, n, op.clip);
    for (int64_t i = 0; i < n; ++i) s.h[i] = (1 - z[i]) * next[i] + z[i] * s.h[i];
}

// Gates lie in the order input, output, forget, next; peepholes in the order of the first three.
template <typename T>
void step(const ops::Lstm& op, const Cell<T>& s) {
    const int64_t n = s.hidden;
    T *input = s.gates, *output = input + n, *forget = input + 2 * n, *next = input + 3 * n;
    auto peep = [&](int64_t which, T* gate) {
        for (int64_t i = 0; s.peepholes && i < n; ++i)
            gate[i] += s.peepholes[which * n + i] * s.c[i];
    };
    s.addRecurrent(4 * n);
    peep(0, input);
    activate(s.activations[0], input, n, op.clip);
    if (op.inputForget) {
        for (int64_t i = 0; i < n; ++i) forget[i] = 1 - input[i];
    } else {
        peep(2, forget);
        activate(s.activations[0], forget, n, op.clip);
    }
    activate(s.activations[1], next, n, op.clip);
    for (int64_t i = 0; i < n; ++i) s.c[i] = forget[i] * s.c[i] + input[i] * next[i];
    peep(1, output);
    activate(s.activations[0], output, n, op.clip);
    std::copy_n(s.c, n, s.h);
    activate(s.activations[2], s.h, n, 0);  // gates alone are clipped
    for (int64_t i = 0; i < n; ++i) s.h[i] *= output[i];
}

ops::RecurrentAttributes attributesOf(const ops::Rnn& op) {
    return ops::RecurrentAttributes::of(op, 1, "Tanh", 1);
}
ops::RecurrentAttributes attributesOf(const ops::Gru& op) {
    return ops::RecurrentAttributes::of(op, 3, "Sigmoid,Tanh", 1);
}
ops::RecurrentAttributes attributesOf(const ops::Lstm& op) {
    return ops::RecurrentAttributes::of(op, 4, "Sigmoid,Tanh,Tanh", 2);
}

template <typename OpType>
struct RecurrentTyped : TypedLoops<OpType, Reals> {
    struct Plan {
        OpType op;
        int64_t gates, states, directions, steps, batch, input, hidden;
        std::vector<RecurrentActivation> activations;

        Plan(const OpType& o, const TypedCall& c)
            : op(o),
              gates(attributesOf(op).gates),
              states(attributesOf(op).states),
              directions(attributesOf(op).directions()),
              steps(c.dims(0)[op.layout ? 1 : 0]),
              batch(c.dims(0)[op.layout ? 0 : 1]),
              input(c.dims(0)[2]),
              hidden(c.dims(2)[2]),
              activations(ops::recurrentActivations(attributesOf(op))) {}

        int64_t room() const { return (gates + 3) * hidden; }  // elements of one sequence
        int64_t inputAt(int64_t t, int64_t n) const {
            return (op.layout ? n * steps + t : t * batch + n) * input;
        }
        int64_t outputAt(int64_t t, int64_t d, int64_t n) const {
            return (op.layout ? (n * steps + t) * directions + d
                              : (t * directions + d) * batch + n) *
                   hidden;
        }
        int64_t stateAt(int64_t d, int64_t n) const {
            return (op.layout ? n * directions + d : d * batch + n) * hidden;
        }
    };

    static bool converts(bool output, int i, DataType, DataType) { return output || i != 4; }
    static size_t scratch(const Plan& p, const TypedCall&) {
        return static_cast<size_t>(p.directions * p.batch * p.room()) * sizeof(double);
    }

    template <typename T>
    static void sequence(const Plan& p, const TypedCall& c, int64_t d, int64_t n, int64_t length) {
        const int64_t h = p.hidden, rows = p.gates * h;
        const T *w = c.in<T>(1) + d * rows * p.input, *x = c.in<T>(0), *bias = c.in<T>(3),
                *peepholes = c.in<T>(7);
        T* gates = reinterpret_cast<T*>(c.scratch) + (d * p.batch + n) * p.room();
        const Cell<T> s{
            h,
            c.in<T>(2) + d * rows * h,
            bias ? bias + (d * 2 + 1) * rows : nullptr,
            peepholes ? peepholes + d * 3 * h : nullptr,
            p.activations.data() + d * static_cast<int64_t>(p.activations.size()) / p.directions,
            gates,
            gates + rows,
            gates + rows + h,
            gates + rows + 2 * h};
        T* states[] = {s.h, s.c};
        for (int k = 0; k < static_cast<int>(p.states); ++k) {
            if (const T* start = c.in<T>(5 + k))
                std::copy_n(start + p.stateAt(d, n), h, states[k]);
            else
                std::fill_n(states[k], h, T(0));
        }
        T* y = c.out<T>(0);
        const bool backwards = p.op.direction == "reverse" || d == 1;
        for (int64_t i = 0; i < p.steps; ++i) {
            const int64_t t = backwards && i < length ? length - 1 - i : i;
            T* to = y ? y + p.outputAt(t, d, n) : nullptr;
            if (i >= length) {  // behind the end of the sequence
                if (to) std::fill_n(to, h, T(0));
                continue;
            }
            if (bias)
                std::copy_n(bias + d * 2 * rows, rows, gates);
            else
                std::fill_n(gates, rows, T(0));
            addProduct(w, rows, p.input, x + p.inputAt(t, n), gates);
            step(p.op, s);
            if (to) std::copy_n(s.h, h, to);
        }
        for (int k = 0; k < static_cast<int>(p.states); ++k)
            if (T* last = c.out<T>(1 + k)) std::copy_n(states[k], h, last + p.stateAt(d, n));
    }

    template <typename T>
    static Status run(const Plan& p, const TypedCall& c) noexcept {
        for (int64_t n = 0; c.has(4) && n < p.batch; ++n)
            if (c.integer(4, n) < 0 || c.integer(4, n) > p.steps)
                return Status::failure(ErrorCode::kFAILED_EXECUTION,
                                       "a sequence is longer than its tensor");
        const int64_t work = p.steps * p.gates * p.hidden * (p.hidden + p.input);
        parallelFor(p.directions * p.batch, std::max<int64_t>(1, 65536 / (work + 1)),
                    [&](int64_t begin, int64_t end) {
                        for (int64_t i = begin; i < end; ++i)
                            sequence<T>(p, c, i / p.batch, i % p.batch,
                                        c.has(4) ? c.integer(4, i % p.batch) : p.steps);
                    });
        return Status::success();
    }
};

struct RnnTyped : RecurrentTyped<ops::Rnn> {
    static constexpr const char* kName = "cpu.rnn.typed";
};
struct GruTyped : RecurrentTyped<ops::Gru> {
    static constexpr const char* kName = "cpu.gru.typed";
};
struct LstmTyped : RecurrentTyped<ops::Lstm> {
    static constexpr const char* kName = "cpu.lstm.typed";
};

}  // namespace

void registerKernel_recurrent_typed(tactic::Catalog& catalog) {
    addTyped<RnnTyped>(catalog);
    addTyped<GruTyped>(catalog);
    addTyped<LstmTyped>(catalog);
}

}  // namespace bireme::cpu
