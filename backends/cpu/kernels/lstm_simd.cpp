// SPDX-License-Identifier: Apache-2.0
// LSTM with constant weights. Few sequences: every step is two rows times a transposed matrix.
// Many: some sequences of a thread at once, the rows of inputs and states by one matrix in panels.
#include "backends/cpu/simd/gemm.h"
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
constexpr int64_t kAtOnce = 48;        // sequences of a thread

struct LstmRecord {
    ops::Lstm op;
    int input = 0, h0 = -1, c0 = -1;  // body inputs; -1: none
    std::array<int, 3> outputs{-1, -1,
                               -1};  // body outputs: all hidden states, last hidden, last cell
    int64_t width = 0, hidden = 0;   // of an input row, of a state
    int panel = 0;                   // columns of a panel; 0: no panels

    int64_t directions() const { return op.direction == "bidirectional" ? 2 : 1; }
    // One direction's packed weights: W transposed [width, 4h] above R transposed [h, 4h], in
    // panels or by rows; bias [4h].
    int64_t matrix() const {
        return panel ? static_cast<int64_t>(packedElements(width + hidden, 4 * hidden, panel))
                     : (width + hidden) * 4 * hidden;
    }
    int64_t packed() const { return matrix() + 4 * hidden; }
    // Of a sequence: its gates, an input, both states.
    int64_t row() const { return 6 * hidden + (panel ? width : 0); }
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
    LstmBound(const LstmRecord& r, const Shapes& s) : r_(r), threads_(maxThreads()) {
        const auto& x = s.inputs[static_cast<size_t>(r.input)].dims;
        steps_ = x[r.op.layout ? 1 : 0], batch_ = x[r.op.layout ? 0 : 1];
        const int own = gemmShape().width;
        if (!r.panel || r.panel == own) return;
        const auto* packed = static_cast<const float*>(s.constants.at(0));
        for (int64_t d = 0; d < r.directions(); ++d, packed += r.packed())
            repacked_.push_back(repackPanels(packed, r.width + r.hidden, 4 * r.hidden, r.panel));
    }
    size_t workspace() const noexcept override { return bytesFor(r_, batch_); }
    static size_t bytesFor(const LstmRecord& r, int64_t batch) {
        return static_cast<size_t>(r.directions() * batch * r.row()) * sizeof(float);
    }

    Status enqueue(device::Stream&, const device::Launch& launch) noexcept override {
        if (r_.panel) return enqueueGroups(launch);
        const int64_t rows = r_.directions() * batch_;
        parallelFor(rows, std::max<int64_t>(1, 65536 / (steps_ * 8 * r_.hidden * r_.hidden + 1)),
                    [&](int64_t begin, int64_t end) {
                        for (int64_t i = begin; i < end; ++i)
                            sequence(launch, i / batch_, i % batch_);
                    });
        return Status::success();
    }
    std::string implementation() const override {
        return r_.panel ? cat("groups of up to ", kAtOnce, " rows times a matrix in panels")
                        : "row times matrix";
    }

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

    Status enqueueGroups(const device::Launch& launch) noexcept {
        const int64_t each = (threads_ + r_.directions() - 1) / r_.directions();
        const int64_t groups =
            std::min(batch_, std::max<int64_t>(each, (batch_ + kAtOnce - 1) / kAtOnce));
        const int64_t work = steps_ * 8 * r_.hidden * (r_.hidden + r_.width) *
                             ((batch_ + groups - 1) / std::max<int64_t>(1, groups));
        parallelFor(r_.directions() * groups, std::max<int64_t>(1, 65536 / (work + 1)),
                    [&](int64_t begin, int64_t end) {
                        for (int64_t i = begin; i < end; ++i) {
                            const int64_t g = i % groups;
                            group(launch, i / groups, batch_ * g / groups,
                                  batch_ * (g + 1) / groups);
                        }
                    });
        return Status::success();
    }

    // Sequences [first, last) in one direction, all steps. A row of the workspace holds the gates,
    // then what they are computed of: input and hidden state; then the cell's.
    void group(const device::Launch& launch, int64_t d, int64_t first, int64_t last) const {
        const int64_t size = r_.hidden, row = r_.row();
        const float* x = static_cast<const float*>(launch.inputs[r_.input]);
        const float* packed = static_cast<const float*>(launch.constants[0]) + d * r_.packed();
        float* gates = static_cast<float*>(launch.workspace) + (d * batch_ + first) * row;
        float *in = gates + 4 * size, *h = in + r_.width, *c = h + size;
        GemmProblem p;
        p.m = last - first, p.n = 4 * size, p.k = r_.width + size;
        p.a = in, p.lda = row;
        p.packed = repacked_.empty() ? packed : repacked_[static_cast<size_t>(d)].data();
        p.c = gates, p.ldc = row;
        p.end.bias = packed + r_.matrix();
        for (int64_t n = first; n < last; ++n) {
            start(launch, r_.h0, d, n, h + (n - first) * row);
            start(launch, r_.c0, d, n, c + (n - first) * row);
        }
        float* y = output(launch, 0);
        const bool backwards = r_.op.direction == "reverse" || d == 1;
        const int64_t panels = (p.n + gemmShape().width - 1) / gemmShape().width;
        for (int64_t i = 0; i < steps_; ++i) {
            const int64_t t = backwards ? steps_ - 1 - i : i;
            for (int64_t n = first; n < last; ++n)
                std::copy_n(x + inputAt(t, n), r_.width, in + (n - first) * row);
            gemmPart(p, 0, p.m, 0, panels);
            for (int64_t n = first; n < last; ++n) {
                const int64_t at = (n - first) * row;
                step(gates + at, h + at, c + at);
                if (y) std::copy_n(h + at, size, y + outputAt(t, d, n));
            }
        }
        for (int64_t n = first; n < last; ++n)
            finish(launch, d, n, h + (n - first) * row, c + (n - first) * row);
    }

    void finish(const device::Launch& launch, int64_t d, int64_t n, const float* h,
                const float* c) const {
        if (float* last = output(launch, 1)) std::copy_n(h, r_.hidden, last + stateAt(d, n));
        if (float* last = output(launch, 2)) std::copy_n(c, r_.hidden, last + stateAt(d, n));
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
        finish(launch, d, n, h, c);
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
    int threads_;
    int64_t steps_ = 0, batch_ = 0;
    std::vector<std::vector<float>> repacked_;  // of each direction, for panels of another width
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
                      r_.outputs[2], r_.panel});
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
        return yes();
    }
    int revision() const override { return 2; }  // 2: panels

    void tactics(const tactic::Query& q, tactic::TacticList& out) const override {
        const auto x = q.dimsAt(q.in(q.group().anchorInput(0)), ir::GroupShape::opt);
        const bool layout = q.group().anchorAs<ops::Lstm>()->layout;
        if (x[layout ? 0 : 1] <= kMostSequences) out.push_back({kName, "rows"});
        out.push_back({kName, "panels"});
    }

    tactic::Created create(const tactic::Query& q, const tactic::Tactic& t) const override {
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
        r.panel = t.parameters == "panels" ? gemmShape().width : 0;
        std::vector<float> packed;
        const int64_t rows = 4 * r.hidden;
        for (int64_t d = 0; d < r.directions(); ++d) {
            std::vector<float> both;
            appendTransposed(both, q.constant(w)->as<float>() + d * rows * r.width, rows, r.width);
            appendTransposed(both, q.constant(rec)->as<float>() + d * rows * r.hidden, rows,
                             r.hidden);
            if (r.panel) {
                std::vector<float> panels(static_cast<size_t>(r.matrix()));
                packPanels(both.data(), rows, 1, r.width + r.hidden, rows, r.panel, panels.data());
                both = std::move(panels);
            }
            packed.insert(packed.end(), both.begin(), both.end());
            for (int64_t i = 0; i < rows; ++i) {
                const float* of = b < 0 ? nullptr : q.constant(b)->as<float>() + d * 2 * rows;
                packed.push_back(of ? of[i] + of[rows + i] : 0.f);
            }
        }
        made.constants.push_back(
            {Blob::of(packed), cat("W, R transposed", r.panel ? cat(" in panels of ", r.panel) : "",
                                   ", bias summed")});
        for (int k : {w, rec, b})
            if (k >= 0) made.consumed.push_back(k);
        made.kernel = std::make_unique<LstmKernel>(std::move(r));
        return made;
    }

    std::unique_ptr<device::Kernel> load(ByteReader& in, device::Device&) const override {
        LstmRecord r;
        r.op = getAttributes<ops::Lstm>(in);
        auto v = getInts(in);
        if (v.size() != 9 || v[8] < 0 || v[8] > 1024) in.corrupt("an lstm has nine numbers");
        r.input = static_cast<int>(v[0]), r.h0 = static_cast<int>(v[1]),
        r.c0 = static_cast<int>(v[2]);
        r.width = v[3], r.hidden = v[4];
        for (size_t k = 0; k < 3; ++k) r.outputs[k] = static_cast<int>(v[5 + k]);
        r.panel = static_cast<int>(v[8]);
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
