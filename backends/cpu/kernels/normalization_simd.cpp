// SPDX-License-Identifier: Apache-2.0
// Layer, instance, group and root-mean-square normalisation over axes that lie innermost in memory.
#include "backends/cpu/simd/rows.h"
#include "backends/cpu/simd/tile_functions.h"
#include "backends/cpu/support/epilogue.h"
#include "backends/cpu/support/factory.h"
#include "backends/cpu/support/record.h"
#include "base/parallel_for.h"
#include "ops/normalization.h"
#include "ops/pointwise.h"
#include "tensor/walk.h"

#include <algorithm>
#include <array>
#include <cmath>

namespace bireme::cpu {

using device::Shapes;
using device::TensorShape;

namespace {

constexpr const char* kName = "cpu.normalization.simd";

// Dims of x or of a parameter with leading ones, and the channels split into groups: [N, groups, C
// / groups, ...].
std::vector<int64_t> splitDims(const std::vector<int64_t>& own, size_t rank, int64_t groups,
                               int64_t channels) {
    auto dims = alignedDims(own, rank);
    if (groups == 1) return dims;
    int64_t d = dims[1];
    bool perGroup = d == groups && d != channels;
    dims[1] = d == 1 ? 1 : groups;
    dims.insert(dims.begin() + 2, d == 1 || perGroup ? 1 : d / groups);
    return dims;
}

std::vector<int64_t> parameterSteps(const TensorShape& p, size_t rank, int64_t groups,
                                    int64_t channels, const std::vector<int64_t>& dims) {
    return broadcastSteps(splitDims(p.dims, rank, groups, channels),
                          groups == 1 ? p.format : Format::linear(), dims);
}

struct NormalizationRecord {
    ops::Normalization op;
    std::array<int, 4> inputs{0, -1, -1, -1};  // body inputs: x, scale, bias, residual
    Epilogue epilogue;                         // functions of one operand
};

class NormalizationBound final : public device::Bound {
public:
    NormalizationBound(const NormalizationRecord& r, const Shapes& s)
        : inputs_(r.inputs),
          epsilon_(r.op.epsilon),
          rms_(r.op.rms),
          floor_(r.op.floor),
          brain_(s.outputs[0].type == DataType::kBF16),
          epilogue_(r.epilogue) {
        const TensorShape& x = s.inputs[static_cast<size_t>(r.inputs[0])];
        size_t rank = x.dims.size();
        int64_t channels = rank > 1 ? x.dims[1] : 1;
        auto dims = splitDims(x.dims, rank, r.op.groups, channels);
        std::vector<bool> set(rank, false);
        for (int64_t a : r.op.axes)
            set[static_cast<size_t>(a < 0 ? a + static_cast<int64_t>(rank) : a)] = true;
        if (r.op.groups != 1) set.insert(set.begin() + 2, true);
        const bool whole = r.op.groups == 1;  // else all lies in one piece
        auto stridesOf = [&](const TensorShape& t) {
            return (whole ? t.format : Format::linear()).stridesFor(dims);
        };
        std::vector<std::vector<int64_t>> strides(6);
        strides[0] = stridesOf(x), strides[4] = stridesOf(s.outputs[0]);
        strides[5] =
            r.inputs[3] < 0 ? strides[0] : stridesOf(s.inputs[static_cast<size_t>(r.inputs[3])]);
        // Tells kept loops from normalised ones: it stands still in the latter.
        for (size_t d = 0; d < dims.size(); ++d) strides[1].push_back(set[d] ? 0 : strides[0][d]);
        for (size_t k = 1; k < 3; ++k) {
            if (r.inputs[k] < 0)
                strides[k + 1].assign(dims.size(), 0);
            else
                strides[k + 1] = parameterSteps(s.inputs[static_cast<size_t>(r.inputs[k])], rank,
                                                r.op.groups, channels, dims);
        }
        Walk it = collapse(dims, strides, 0);
        size_t split = 0;
        for (size_t d = 0; d < it.dims.size(); ++d)
            if (it.strides[1][d] != 0) split = d + 1;
        loops_ = it.dims;
        steps_ = {it.strides[0], it.strides[2], it.strides[3], it.strides[5], it.strides[4]};
        if (split == loops_.size()) {  // every normalised extent is 1
            loops_.push_back(1);
            for (auto& steps : steps_) steps.push_back(0);
        }
        for (size_t k = 0; k < 4; ++k)
            if (r.inputs[k] >= 0)
                begin_[k] = s.inputs[static_cast<size_t>(r.inputs[k])].format.offset;
        begin_[4] = s.outputs[0].format.offset;
        split_ = split;
        for (size_t d = 0; d < loops_.size(); ++d) (d < split_ ? rows_ : row_) *= loops_[d];
        parts_ = std::clamp<int64_t>(rows_ * row_ / 16384, 1,
                                     std::clamp<int64_t>(rows_, 1, maxThreads()));
    }

    size_t workspace() const noexcept override {
        return brain_ ? static_cast<size_t>(parts_ * row_) * sizeof(float) : 0;
    }

    Status enqueue(device::Stream&, const device::Launch& launch) noexcept override {
        if (row_ == 0 || rows_ == 0) return Status::success();
        auto* lines = static_cast<float*>(launch.workspace);
        parallelFor(parts_, 1, [&](int64_t begin, int64_t end) {
            for (int64_t part = begin; part < end; ++part) {
                const int64_t from = rows_ * part / parts_, to = rows_ * (part + 1) / parts_;
                if (brain_)
                    rows<BFloat16>(launch, from, to, lines + part * row_);
                else
                    rows<float>(launch, from, to, nullptr);
            }
        });
        return Status::success();
    }

private:
    // Rows [from, to); `line` holds the sums or the floats of one where the result can't.
    template <typename T>
    void rows(const device::Launch& launch, int64_t from, int64_t to, float* line) const {
        auto operand = [&](size_t k, int64_t r) -> const T* {
            if (inputs_[k] < 0) return nullptr;
            return static_cast<const T*>(launch.inputs[inputs_[k]]) + place(k, r);
        };
        const RowFunctions& simd = rowFunctions();
        for (int64_t r = from; r < to; ++r) {
            T* y = static_cast<T*>(launch.outputs[0]) + place(4, r);
            const float* in = floats(operand(0, r), operand(3, r), y, line);
            float n = static_cast<float>(row_),
                  mean = rms_ ? 0.f : simd.fold(Fold::sum, in, row_) / n;
            const float variance = simd.squares(in, row_, mean) / n;
            const float inverse =
                1.f / std::sqrt(floor_ ? std::max(variance, epsilon_) : variance + epsilon_);
            apply(in, y, mean, inverse, operand(1, r), operand(2, r), split_);
            if (!epilogue_.steps.empty()) finish(y, line);
        }
    }
    // A row, with its residual, as floats.
    const float* floats(const float* x, const float* residual, float* y, float*) const {
        if (!residual) return x;
        const float* taps[] = {x, residual};
        const float weights[] = {1.f, 1.f};
        rowFunctions().mixTaps(taps, weights, 2, y, row_);
        return y;
    }
    const float* floats(const BFloat16* x, const BFloat16* residual, BFloat16*, float* line) const {
        brainRowFunctions().widen(x, residual, line, row_);
        return line;
    }
    void finish(float* y, float*) const {
        for (const EpilogueStep& s : epilogue_.steps) {
            TileArgs a;
            a.out = y, a.in[0] = y, a.n = row_;
            a.alpha = s.alpha, a.beta = s.beta;
            vectorFunction(s.fn)(a);
        }
    }
    void finish(BFloat16* y, float* line) const {
        brainRowFunctions().widen(y, nullptr, line, row_);
        finish(line, nullptr);
        brainRowFunctions().narrow(line, y, row_);
    }
    // Where row r begins, in elements: of x, scale, bias, residual or y.
    int64_t place(size_t k, int64_t r) const {
        int64_t at = begin_[k];
        for (size_t d = split_; d-- > 0; r /= loops_[d])
            at += (d == 0 ? r : r % loops_[d]) * steps_[k][d];
        return at;
    }
    // Runs of the innermost loop, along which parameters walk or stand still.
    template <typename T>
    void apply(const float* x, T* y, float mean, float inverse, const T* scale, const T* bias,
               size_t d) const {
        if (d + 1 == loops_.size())
            return rowsOf<T>().normalize(x, y, loops_[d], mean, inverse, scale,
                                         static_cast<int>(steps_[1][d]), bias,
                                         static_cast<int>(steps_[2][d]));
        int64_t step = 1;
        for (size_t k = d + 1; k < loops_.size(); ++k) step *= loops_[k];
        for (int64_t i = 0; i < loops_[d]; ++i)
            apply(x + i * step, y + i * step, mean, inverse,
                  scale ? scale + i * steps_[1][d] : nullptr,
                  bias ? bias + i * steps_[2][d] : nullptr, d + 1);
    }

    std::array<int, 4> inputs_;
    float epsilon_;
    bool rms_, floor_, brain_;
    Epilogue epilogue_;
    std::vector<int64_t> loops_;
    std::array<std::vector<int64_t>, 5> steps_;  // of x, scale, bias, residual, y
    std::array<int64_t, 5> begin_{};
    size_t split_ = 0;
    int64_t rows_ = 1, row_ = 1, parts_ = 1;
};

class NormalizationKernel final : public device::Kernel {
public:
    explicit NormalizationKernel(NormalizationRecord r) : r_(std::move(r)) {}
    size_t workspaceBound(const Shapes&, const Shapes&, const Shapes& max) const override {
        return NormalizationBound(r_, max).workspace();
    }
    std::unique_ptr<device::Bound> bind(const Shapes& shapes,
                                        device::ContextState&) const override {
        return std::make_unique<NormalizationBound>(r_, shapes);
    }
    void save(ByteWriter& out) const override {
        putAttributes(out, r_.op);
        putInts(out, {r_.inputs[0], r_.inputs[1], r_.inputs[2], r_.inputs[3]});
        r_.epilogue.save(out);
    }

private:
    NormalizationRecord r_;
};

class NormalizationFactory final : public tactic::KernelFactory {
public:
    std::string_view name() const override { return kName; }

    Support supports(const tactic::Query& q) const override {
        const auto* op = q.group().anchorAs<ops::Normalization>();
        Epilogue epilogue;
        if (!op || !(q.group().single() || addsResidual(q) || readFunctions(q, epilogue).ok))
            return no("not a lone normalization, nor one of a sum, nor one before functions");
        const auto type = onlyType(q);
        if (!type || (*type != DataType::kFLOAT && *type != DataType::kBF16))
            return no("elements are neither all f32 nor all bf16");
        tactic::FormatList any;
        formats(q, any);
        return any.empty() ? no("the axes are not innermost in any layout") : yes();
    }

    void formats(const tactic::Query& q, tactic::FormatList& out) const override {
        const auto& op = *q.group().anchorAs<ops::Normalization>();
        auto in = operandsOf(q);
        auto x = static_cast<size_t>(in[0]);
        int rank = q.out(0).rank();
        for (bool last : {false, true}) {
            if (last && (rank < 3 || op.groups != 1 || !simpleParameters(q))) break;
            Format f = last ? Format::channelsLast(rank) : Format::linear();
            if (!innermost(op, f, rank)) continue;
            out.push_back(combination(q));
            out.back().inputs[x].format = out.back().outputs[0].format = f;
            if (in[3] >= 0) out.back().inputs[static_cast<size_t>(in[3])].format = f;
            out.back().overwrites = static_cast<int>(x);
            // Elements of the last dim lie side by side in a part, too.
            out.back().acceptsViews = f.isLinear() && op.groups == 1 && op.axes.size() == 1;
        }
    }

    tactic::Created create(const tactic::Query& q, const tactic::Tactic&) const override {
        NormalizationRecord r{*q.group().anchorAs<ops::Normalization>(), operandsOf(q), {}};
        if (!q.group().single() && !addsResidual(q)) readFunctions(q, r.epilogue);
        tactic::Created made;
        made.kernel = std::make_unique<NormalizationKernel>(std::move(r));
        return made;
    }
    std::unique_ptr<device::Kernel> load(ByteReader& in, device::Device&) const override {
        NormalizationRecord r;
        r.op = getAttributes<ops::Normalization>(in);
        auto v = getInts(in);
        if (v.size() != 4) in.corrupt("a normalization has four operands");
        for (size_t k = 0; k < 4; ++k) r.inputs[k] = static_cast<int>(v[k]);
        r.epilogue = Epilogue::load(in);
        if (!isUnary(r.epilogue)) in.corrupt("a function behind a normalization has operands");
        return std::make_unique<NormalizationKernel>(std::move(r));
    }

private:
    static bool isUnary(const Epilogue& e) {
        return std::all_of(e.steps.begin(), e.steps.end(),
                           [](const EpilogueStep& s) { return s.unary() && vectorFunction(s.fn); });
    }
    // What follows a normalization of nothing but a tensor.
    static Support readFunctions(const tactic::Query& q, Epilogue& out) {
        if (q.group().hasPrologue()) return no("something precedes it");
        if (Support s = readEpilogue(q, out); !s.ok) return s;
        return isUnary(out) ? yes() : no("functions with operands, or without vector code");
    }
    // Is what is normalized a sum of two tensors of its dims, and nothing else in the group?
    static bool addsResidual(const tactic::Query& q) {
        const auto& g = q.group();
        if (g.prologue().size() != 1 || !g.hasChainEpilogue() || !g.epilogue().empty())
            return false;
        const ir::Node& sum = q.body().node(g.prologue()[0]);
        if (sum.op.as<ops::Pointwise>()->fn != ops::PointwiseFn::sum ||
            g.anchor()->inputs[0] != sum.outputs[0])
            return false;
        return std::all_of(sum.inputs.begin(), sum.inputs.end(), [&](ir::ValueId v) {
            int i = g.inputIndex(v);
            return i >= 0 && q.in(i).dims == q.out(0).dims;
        });
    }
    // Body inputs in the order of NormalizationRecord::inputs.
    static std::array<int, 4> operandsOf(const tactic::Query& q) {
        const auto& g = q.group();
        std::array<int, 4> in{g.anchorInput(0), g.anchorInput(1), g.anchorInput(2), -1};
        if (g.prologue().empty()) return in;
        const ir::Node& sum = q.body().node(g.prologue()[0]);
        in[0] = g.inputIndex(sum.inputs[0]);
        in[3] = g.inputIndex(sum.inputs[1]);
        return in;
    }
    static bool innermost(const ops::Normalization& op, const Format& f, int rank) {
        if (op.groups != 1) return f.isLinear();
        std::vector<bool> set(static_cast<size_t>(rank), false);
        for (int64_t a : op.axes) set[static_cast<size_t>(a < 0 ? a + rank : a)] = true;
        bool inside = false;
        for (int k = 0; k < rank; ++k) {
            bool s = set[f.order.empty() ? static_cast<size_t>(k)
                                         : static_cast<size_t>(f.order[static_cast<size_t>(k)])];
            if (inside && !s) return false;
            inside = inside || s;
        }
        return inside;
    }
    // Parameters along one dim walk one by one in any layout.
    static bool simpleParameters(const tactic::Query& q) {
        for (int k = 1; k < 3; ++k) {
            int i = q.group().anchorInput(k), wide = 0;
            if (i < 0) continue;
            for (const Dim& d : q.in(i).dims) wide += !d.is(1);
            if (wide > 1) return false;
        }
        return true;
    }
};

}  // namespace

void registerKernel_normalization_simd(tactic::Catalog& catalog) {
    catalog.add(std::make_unique<NormalizationFactory>());
}

}  // namespace bireme::cpu
