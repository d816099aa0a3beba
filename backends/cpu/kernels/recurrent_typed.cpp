// SPDX-License-Identifier: Apache-2.0
// RNN, GRU and LSTM of every real type, with computed weights, lengths, peepholes and any
// activations.
#include "backends/cpu/simd/panel_product.h"
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

constexpr int64_t kRows = 32;  // sequences side by side

// Weights of one direction, transposed into panels: [gate][block of hidden][k], rows of kWidth.
template <typename T>
struct Packed {
    static constexpr int64_t kWidth = Panel<T>::kWidth;
    T* data;
    int64_t hidden, depth;

    int64_t blocks() const { return (hidden + kWidth - 1) / kWidth; }
    int64_t elements(int64_t gates) const { return gates * blocks() * depth * kWidth; }
    // From rows of `depth` weights, hidden of them per gate.
    void pack(const T* w, int64_t gates) const {
        for (int64_t row = 0; row < gates * hidden; ++row, w += depth) {
            const int64_t gate = row / hidden, j = row % hidden;
            T* to = data + (gate * blocks() + j / kWidth) * depth * kWidth + j % kWidth;
            for (int64_t k = 0; k < depth; ++k) to[k * kWidth] = w[k];
        }
    }
    // y[r][j] += sum over k of x[r][k] * weights[first gate + ...][k][j].
    void addProduct(int64_t first, int64_t gates, const T* x, int64_t xRow, int64_t rows, T* y,
                    int64_t yRow) const {
        for (int64_t g = 0; g < gates; ++g)
            for (int64_t b = 0; b < blocks(); ++b)
                multiplyPanel<T>({rows, depth, std::min(kWidth, hidden - b * kWidth), x, xRow, 1,
                                  data + ((first + g) * blocks() + b) * depth * kWidth,
                                  y + g * hidden + b * kWidth, yRow});
    }
};

// Several sequences in one direction as a step sees them; rows of the states lie `hidden` apart.
// Gates hold W x + bias.
template <typename T>
struct Cells {
    int64_t hidden, gateRow, rows;
    Packed<T> recurrent;
    const T *recurrentBias, *peepholes;  // null where absent
    const RecurrentActivation* activations;
    T *gates, *h, *c, *spare;
    bool active[kRows];  // the others are behind their end

    T* gate(int64_t row, int64_t which) const { return gates + row * gateRow + which * hidden; }
    void addBias(int64_t row, int64_t first, int64_t count) const {
        T* g = gate(row, first);
        const T* bias = recurrentBias ? recurrentBias + first * hidden : nullptr;
        for (int64_t i = 0; bias && i < count * hidden; ++i) g[i] += bias[i];
    }
    void addRecurrent(int64_t count) const {
        recurrent.addProduct(0, count, h, hidden, rows, gates, gateRow);
        for (int64_t r = 0; r < rows; ++r) addBias(r, 0, count);
    }
};

template <typename T>
void step(const ops::Rnn& op, const Cells<T>& s) {
    s.addRecurrent(1);
    for (int64_t r = 0; r < s.rows; ++r) {
        if (!s.active[r]) continue;
        activate(s.activations[0], s.gate(r, 0), s.hidden, op.clip);
        std::copy_n(s.gate(r, 0), s.hidden, s.h + r * s.hidden);
    }
}

// Gates lie in the order update, reset, next.
template <typename T>
void step(const ops::Gru& op, const Cells<T>& s) {
    const int64_t n = s.hidden;
    s.addRecurrent(2);
    for (int64_t r = 0; r < s.rows; ++r) {
        activate(s.activations[0], s.gate(r, 0), 2 * n, op.clip);
        const T *reset = s.gate(r, 1), *h = s.h + r * n;
        T* spare = s.spare + r * n;
        for (int64_t i = 0; i < n; ++i)
            spare[i] = !op.linearBeforeReset ? reset[i] * h[i]
                       : s.recurrentBias     ? s.recurrentBias[2 * n + i]
                                             : T(0);
    }
    if (op.linearBeforeReset)
        s.recurrent.addProduct(2, 1, s.h, n, s.rows, s.spare, n);
    else
        s.recurrent.addProduct(2, 1, s.spare, n, s.rows, s.gates + 2 * n, s.gateRow);
    for (int64_t r = 0; r < s.rows; ++r) {
        if (!s.active[r]) continue;
        const T *z = s.gate(r, 0), *reset = s.gate(r, 1), *spare = s.spare + r * n;
        T *next = s.gate(r, 2), *h = s.h + r * n;
        if (op.linearBeforeReset)
            for (int64_t i = 0; i < n; ++i) next[i] += reset[i] * spare[i];
        else
            s.addBias(r, 2, 1);
        activate(s.activations[1], next, n, op.clip);
        for (int64_t i = 0; i < n; ++i) h[i] = (1 - z[i]) * next[i] + z[i] * h[i];
    }
}

// Gates lie in the order input, output, forget, next; peepholes in the order of the first three.
template <typename T>
void finish(const ops::Lstm& op, const Cells<T>& s, int64_t r) {
    const int64_t n = s.hidden;
    T *input = s.gate(r, 0), *output = s.gate(r, 1), *forget = s.gate(r, 2), *next = s.gate(r, 3),
      *h = s.h + r * n, *c = s.c + r * n;
    auto peep = [&](int64_t which, T* gate) {
        for (int64_t i = 0; s.peepholes && i < n; ++i) gate[i] += s.peepholes[which * n + i] * c[i];
    };
    peep(0, input);
    activate(s.activations[0], input, n, op.clip);
    if (op.inputForget) {
        for (int64_t i = 0; i < n; ++i) forget[i] = 1 - input[i];
    } else {
        peep(2, forget);
        activate(s.activations[0], forget, n, op.clip);
    }
    activate(s.activations[1], next, n, op.clip);
    for (int64_t i = 0; i < n; ++i) c[i] = forget[i] * c[i] + input[i] * next[i];
    peep(1, output);
    activate(s.activations[0], output, n, op.clip);
    std::copy_n(c, n, h);
    activate(s.activations[2], h, n, 0);  // gates alone are clipped
    for (int64_t i = 0; i < n; ++i) h[i] *= output[i];
}

template <typename T>
void step(const ops::Lstm& op, const Cells<T>& s) {
    s.addRecurrent(4);
    for (int64_t r = 0; r < s.rows; ++r)
        if (s.active[r]) finish(op, s, r);
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

        // Elements of one sequence, and of one direction's panels in any type.
        int64_t room() const { return (gates + 3) * hidden + input; }
        int64_t packed() const {
            return gates * ((hidden + 63) / 64) * 64 * (input + hidden) + 2 * gates * 128;
        }
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
        return static_cast<size_t>(p.directions * (2 * p.packed() + p.batch * p.room())) *
               sizeof(double);
    }

    template <typename T>
    static Packed<T> panels(const Plan& p, const TypedCall& c, int64_t d, bool recurrent) {
        T* data = reinterpret_cast<T*>(c.scratch) + d * 2 * p.packed();
        Packed<T> input{data, p.hidden, p.input};
        return recurrent ? Packed<T>{data + input.elements(p.gates), p.hidden, p.hidden} : input;
    }

    // Steps of the sequences [first, first + rows) of one direction.
    template <typename T>
    static void sequences(const Plan& p, const TypedCall& c, int64_t d, int64_t first,
                          int64_t rows) {
        const int64_t h = p.hidden, width = p.gates * h;
        const T *bias = c.in<T>(3), *peepholes = c.in<T>(7);
        T* room = reinterpret_cast<T*>(c.scratch) + p.directions * 2 * p.packed() +
                  (d * p.batch + first) * p.room();
        Cells<T> s{
            h,
            width,
            rows,
            panels<T>(p, c, d, true),
            bias ? bias + (d * 2 + 1) * width : nullptr,
            peepholes ? peepholes + d * 3 * h : nullptr,
            p.activations.data() + d * static_cast<int64_t>(p.activations.size()) / p.directions,
            room,
            room + rows * width,
            room + rows * (width + h),
            room + rows * (width + 2 * h),
            {}};
        T *states[] = {s.h, s.c}, *xs = room + rows * (width + 3 * h);
        for (int k = 0; k < static_cast<int>(p.states); ++k)
            for (int64_t r = 0; r < rows; ++r) {
                const T* start = c.in<T>(5 + k);
                T* to = states[k] + r * h;
                start ? void(std::copy_n(start + p.stateAt(d, first + r), h, to))
                      : std::fill(to, to + h, T(0));
            }
        const bool backwards = p.op.direction == "reverse" || d == 1;
        T* y = c.out<T>(0);
        for (int64_t i = 0; i < p.steps; ++i) {
            int64_t time[kRows];
            for (int64_t r = 0; r < rows; ++r) {
                const int64_t length = c.has(4) ? c.integer(4, first + r) : p.steps;
                s.active[r] = i < length;
                time[r] = backwards && i < length ? length - 1 - i : i;
                std::copy_n(c.in<T>(0) + p.inputAt(time[r], first + r), p.input, xs + r * p.input);
                T* gates = s.gate(r, 0);
                bias ? void(std::copy_n(bias + d * 2 * width, width, gates))
                     : std::fill(gates, gates + width, T(0));
            }
            panels<T>(p, c, d, false).addProduct(0, p.gates, xs, p.input, rows, s.gates, width);
            step(p.op, s);
            for (int64_t r = 0; y && r < rows; ++r) {
                T* to = y + p.outputAt(time[r], d, first + r);
                s.active[r] ? void(std::copy_n(s.h + r * h, h, to)) : std::fill(to, to + h, T(0));
            }
        }
        for (int k = 0; k < static_cast<int>(p.states); ++k)
            if (T* last = c.out<T>(1 + k))
                for (int64_t r = 0; r < rows; ++r)
                    std::copy_n(states[k] + r * h, h, last + p.stateAt(d, first + r));
    }

    template <typename T>
    static Status run(const Plan& p, const TypedCall& c) noexcept {
        for (int64_t n = 0; c.has(4) && n < p.batch; ++n)
            if (c.integer(4, n) < 0 || c.integer(4, n) > p.steps)
                return Status::failure(ErrorCode::kFAILED_EXECUTION,
                                       "a sequence is longer than its tensor");
        const int64_t rows = p.gates * p.hidden;
        parallelFor(p.directions * 2, 1, [&](int64_t begin, int64_t end) {
            for (int64_t i = begin; i < end; ++i) {
                const int64_t d = i / 2;
                if (i % 2)
                    panels<T>(p, c, d, true).pack(c.in<T>(2) + d * rows * p.hidden, p.gates);
                else
                    panels<T>(p, c, d, false).pack(c.in<T>(1) + d * rows * p.input, p.gates);
            }
        });
        // A part of the batch for each thread.
        const int64_t threads = std::max<int64_t>(1, maxThreads() / p.directions),
                      each = std::min(kRows, (p.batch + threads - 1) / threads),
                      parts = each ? (p.batch + each - 1) / each : 0;
        parallelFor(p.directions * parts, 1, [&](int64_t begin, int64_t end) {
            for (int64_t i = begin; i < end; ++i) {
                const int64_t first = i % parts * each;
                sequences<T>(p, c, i / parts, first, std::min(each, p.batch - first));
            }
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
