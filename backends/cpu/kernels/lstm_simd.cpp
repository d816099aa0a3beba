// SPDX-License-Identifier: Apache-2.0
// LSTM with constant weights, stored transposed so that every step is two rows times a matrix.
#include "backends/cpu/simd/rows.h"
#include "backends/cpu/simd/tile_functions.h"
#include "backends/cpu/support/factory.h"
#include "backends/cpu/support/record.h"
#include "base/parallel_for.h"
#include "ops/lstm.h"

#include <algorithm>
#include <array>

namespace bireme::cpu {

using device::Shapes;
using ops::PointwiseFn;

namespace {

constexpr const char* kName = "cpu.lstm.simd";
constexpr int64_t kMostSequences = 4;  // beyond which rows times a matrix lose

struct LstmRecord {
    ops::Lstm op;
    int input = 0, h0 = -1, c0 = -1;  // body inputs; -1: none
    std::array<int, 3> outputs{-1, -1,
                               -1};  // body outputs: all hidden states, last hidden, last cell
    int64_t width = 0, hidden = 0;   // of an input row, of a state

    int64_t directions() const { return op.direction == "bidirectional" ? 2 : 1; }
    // One direction's packed weights: W transposed [width, 4h], R transposed [h, 4h], bias [4h].
    int64_t packed() const { return (width + hidden + 1) * 4 * hidden; }
};

void apply(PointwiseFn fn, float* x, int64_t n) {
    TileArgs t;
    t.out = x;
    t.in[0] = t.in[1] = x;
    t.n = n;
    vectorFunction(fn)(t);
}

class LstmBound final : public device::Bound {
public:
    LstmBound(const LstmRecord& r, const Shapes& s) : r_(r) {
        const auto& x = s.inputs[static_cast<size_t>(r.input)].dims;
        steps_ = x[r.op.layout ? 1 : 0], batch_ = x[r.op.layout ? 0 : 1];
    }
    size_t workspace() const noexcept override { return bytesFor(r_, batch_); }
    static size_t bytesFor(const LstmRecord& r, int64_t batch) {
        return static_cast<size_t>(r.directions() * batch * 6 * r.hidden) *
               sizeof(float);  // gates and both states
    }

    Status enqueue(device::Stream&, const device::Launch& launch) noexcept override {
        const int64_t rows = r_.directions() * batch_;
        parallelFor(rows, std::max<int64_t>(1, 65536 / (steps_ * 8 * r_.hidden * r_.hidden + 1)),
                    [&](int64_t begin, int64_t end) {
                        for (int64_t i = begin; i < end; ++i)
                            sequence(launch, i / batch_, i % batch_);
                    });
        return Status::success();
    }
    std::string implementation() const override { return "row times matrix"; }

private:
    int64_t inputAt(int64_t t, int64_t n) const {
        return (r_.op.layout ? n * steps_ + t : t * batch_ + n) * r_.width;
    }
    int64_t outputAt(int64_t t, int64_t d, int64_t n) const {
        return (r_.op.layout ? (n * steps_ + t) * r_.directions() + d
                             : (t * r_.directions() + d) * batch_ + n) *
               r_.hidden;
    }
    int64_t stateAt(int64_t d, int64_t n) const {
        return (r_.op.layout ? n * r_.directions() + d : d * batch_ + n) * r_.hidden;
    }

    // One batch entry in one direction, all steps.
    void sequence(const device::Launch& launch, int64_t d, int64_t n) const {
        const int64_t size = r_.hidden;
        const float* x = static_cast<const float*>(launch.inputs[r_.input]);
        const float* w = static_cast<const float*>(launch.constants[0]) + d * r_.packed();
        const float *recurrent = w + r_.width * 4 * size, *bias = recurrent + size * 4 * size;
        float* gates = static_cast<float*>(launch.workspace) + (d * batch_ + n) * 6 * size;
        float *h = gates + 4 * size, *c = h + size;
        start(launch, r_.h0, d, n, h);
        start(launch, r_.c0, d, n, c);
        float* y = output(launch, 0);
        const bool backwards = r_.op.direction == "reverse" || d == 1;
        for (int64_t i = 0; i < steps_; ++i) {
            int64_t t = backwards ? steps_ - 1 - i : i;
            std::copy_n(bias, 4 * size, gates);
            rowFunctions().rowTimesMatrix(x + inputAt(t, n), w, r_.width, 4 * size, gates);
            rowFunctions().rowTimesMatrix(h, recurrent, size, 4 * size, gates);
            step(gates, h, c);
            if (y) std::copy_n(h, size, y + outputAt(t, d, n));
        }
        if (float* last = output(launch, 1)) std::copy_n(h, size, last + stateAt(d, n));
        if (float* last = output(launch, 2)) std::copy_n(c, size, last + stateAt(d, n));
    }
    float* output(const device::Launch& launch, size_t k) const {
        return r_.outputs[k] < 0 ? nullptr : static_cast<float*>(launch.outputs[r_.outputs[k]]);
    }
    void start(const device::Launch& launch, int input, int64_t d, int64_t n, float* state) const {
        if (input < 0)
            std::fill_n(state, r_.hidden, 0.f);
        else
            std::copy_n(static_cast<const float*>(launch.inputs[input]) + stateAt(d, n), r_.hidden,
                        state);
    }
    // Gates lie in the order input, output, forget, cell.
    void step(float* gates, float* h, float* c) const {
        const int64_t n = r_.hidden;
        apply(PointwiseFn::sigmoid, gates, 3 * n);
        apply(PointwiseFn::tanh, gates + 3 * n, n);
        for (int64_t i = 0; i < n; ++i)
            c[i] = gates[2 * n + i] * c[i] + gates[i] * gates[3 * n + i];
        std::copy_n(c, n, h);
        apply(PointwiseFn::tanh, h, n);
        for (int64_t i = 0; i < n; ++i) h[i] *= gates[n + i];
    }

    LstmRecord r_;
    int64_t steps_ = 0, batch_ = 0;
};

class LstmKernel final : public device::Kernel {
public:
    explicit LstmKernel(LstmRecord r) : r_(std::move(r)) {}
    size_t workspaceBound(const Shapes&, const Shapes&, const Shapes& max) const override {
        return LstmBound::bytesFor(
            r_, max.inputs[static_cast<size_t>(r_.input)].dims[r_.op.layout ? 0 : 1]);
    }
    std::unique_ptr<device::Bound> bind(const Shapes& shapes,
                                        device::ContextState&) const override {
        return std::make_unique<LstmBound>(r_, shapes);
    }
    void save(ByteWriter& out) const override {
        putAttributes(out, r_.op);
        putInts(out, {r_.input, r_.h0, r_.c0, r_.width, r_.hidden, r_.outputs[0], r_.outputs[1],
                      r_.outputs[2]});
    }

private:
    LstmRecord r_;
};

class LstmFactory final : public tactic::KernelFactory {
public:
    std::string_view name() const override { return kName; }

    Support supports(const tactic::Query& q) const override {
        const auto* op = q.group().anchorAs<ops::Lstm>();
        if (!op || !q.group().single()) return no("not a lone lstm");
        if (!allFloat(q)) return no("not all operands are f32");
        if (!op->activations.empty() && op->activations != "Sigmoid,Tanh,Tanh")
            return no("activations of its own");
        if (op->clip != 0 || op->inputForget)
            return no("clipped gates, or an input gate that forgets");
        for (int i : {1, 2})
            if (int k = q.group().anchorInput(i); k < 0 || !q.constant(k))
                return no("the weights are not constant");
        if (int k = q.group().anchorInput(3); k >= 0 && !q.constant(k))
            return no("the bias is not constant");
        if (q.group().anchorInput(4) >= 0) return no("sequences have lengths of their own");
        if (q.group().anchorInput(7) >= 0) return no("peepholes");
        const Dim& batch = q.in(q.group().anchorInput(0)).dims[op->layout ? 0 : 1];
        if (batch.range(q.ranges).min > kMostSequences)
            return no("many sequences at once are better as one product");
        return yes();
    }

    tactic::Created create(const tactic::Query& q, const tactic::Tactic&) const override {
        LstmRecord r;
        tactic::Created made;
        r.op = *q.group().anchorAs<ops::Lstm>();
        int w = q.group().anchorInput(1), rec = q.group().anchorInput(2),
            b = q.group().anchorInput(3);
        r.input = q.group().anchorInput(0), r.h0 = q.group().anchorInput(5),
        r.c0 = q.group().anchorInput(6);
        r.width = q.in(w).dims[2].value(), r.hidden = q.in(rec).dims[2].value();
        const auto& all = q.body().outputs();
        const auto& own = q.group().anchor()->outputs;
        for (size_t k = 0; k < own.size() && k < 3; ++k)
            if (auto it = std::find(all.begin(), all.end(), own[k]); it != all.end())
                r.outputs[k] = static_cast<int>(it - all.begin());
        std::vector<float> packed;
        const int64_t rows = 4 * r.hidden;
        for (int64_t d = 0; d < r.directions(); ++d) {
            appendTransposed(packed, q.constant(w)->as<float>() + d * rows * r.width, rows,
                             r.width);
            appendTransposed(packed, q.constant(rec)->as<float>() + d * rows * r.hidden, rows,
                             r.hidden);
            for (int64_t i = 0; i < rows; ++i) {
                const float* both = b < 0 ? nullptr : q.constant(b)->as<float>() + d * 2 * rows;
                packed.push_back(both ? both[i] + both[rows + i] : 0.f);
            }
        }
        made.constants.push_back({Blob::of(packed), "W, R transposed, bias summed"});
        for (int k : {w, rec, b})
            if (k >= 0) made.consumed.push_back(k);
        made.kernel = std::make_unique<LstmKernel>(std::move(r));
        return made;
    }

    std::unique_ptr<device::Kernel> load(ByteReader& in, device::Device&) const override {
        LstmRecord r;
        r.op = getAttributes<ops::Lstm>(in);
        auto v = getInts(in);
        if (v.size() != 8) in.corrupt("an lstm has eight numbers");
        r.input = static_cast<int>(v[0]), r.h0 = static_cast<int>(v[1]),
        r.c0 = static_cast<int>(v[2]);
        r.width = v[3], r.hidden = v[4];
        for (size_t k = 0; k < 3; ++k) r.outputs[k] = static_cast<int>(v[5 + k]);
        return std::make_unique<LstmKernel>(std::move(r));
    }

private:
    static void appendTransposed(std::vector<float>& to, const float* m, int64_t rows,
                                 int64_t columns) {
        for (int64_t k = 0; k < columns; ++k)
            for (int64_t i = 0; i < rows; ++i) to.push_back(m[i * columns + k]);
    }
};

}  // namespace

void registerKernel_lstm_simd(tactic::Catalog& catalog) {
    catalog.add(std::make_unique<LstmFactory>());
}

}  // namespace bireme::cpu
