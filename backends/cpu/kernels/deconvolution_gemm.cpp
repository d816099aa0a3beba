// SPDX-License-Identifier: Apache-2.0
// Deconvolution whose windows meet without overlap (stride = window), channels-last: each line of
// a window turns a row of pixels into a row of the result by one matrix product.
#include "backends/cpu/support/convolution_query.h"
#include "backends/cpu/support/factory.h"
#include "backends/cpu/support/record.h"
#include "backends/cpu/support/row_epilogue.h"
#include "base/parallel_for.h"
#include "ops/deconvolution.h"

#include <algorithm>

namespace bireme::cpu {

using device::Shapes;

namespace {

constexpr const char* kName = "cpu.deconvolution.gemm";

struct Record {
    int input = 0, bias = -1;  // body inputs; -1: none
    int64_t maps = 1, channels = 1;
    int64_t lines = 1, columns = 1;  // of the window
    Epilogue epilogue;               // no tensors as operands
    int width = 16;                  // of the packed panels

    int64_t n() const { return columns * maps; }  // results of a pixel and a line of the window
    size_t packedLine() const { return packedElements(channels, n(), width); }
};

class LinesBound final : public device::Bound {
public:
    LinesBound(const Record& r, const Shapes& s) : r_(r), epilogue_(r.epilogue, -1, r.n(), s) {
        const auto& x = s.inputs[static_cast<size_t>(r.input)].dims;
        rows_ = x[0] * x[2];
        problem_.m = x[3];
        problem_.n = problem_.ldc = r.n();
        problem_.k = problem_.lda = r.channels;
        const int own = gemmShape().width;
        if (r.width == own) return;
        const auto* packed = static_cast<const float*>(s.constants.at(0));
        for (int64_t line = 0; line < r.lines; ++line) {
            auto part = repackPanels(packed + static_cast<size_t>(line) * r.packedLine(),
                                     r.channels, r.n(), r.width);
            repacked_.insert(repacked_.end(), part.begin(), part.end());
        }
        r_.width = own;
    }

    Status enqueue(device::Stream&, const device::Launch& launch) noexcept override {
        GemmProblem p = problem_;
        epilogue_.begin(launch, p);
        if (r_.bias >= 0) {
            const auto* bias = static_cast<const float*>(launch.inputs[r_.bias]);
            bias_.resize(static_cast<size_t>(r_.n()));
            for (int64_t c = 0; c < r_.columns; ++c)
                std::copy_n(bias, r_.maps, bias_.data() + c * r_.maps);
            p.end.bias = bias_.data();
        }
        const auto* x = static_cast<const float*>(launch.inputs[r_.input]);
        const float* packed =
            repacked_.empty() ? static_cast<const float*>(launch.constants[0]) : repacked_.data();
        auto* y = static_cast<float*>(launch.outputs[0]);
        const int64_t panels = (p.n + r_.width - 1) / r_.width;
        const int64_t work = std::max<int64_t>(1, p.m * p.n * p.k);
        parallelFor(
            rows_ * r_.lines, std::max<int64_t>(1, 100000 / work), [&](int64_t begin, int64_t end) {
                for (int64_t i = begin; i < end; ++i) {
                    GemmProblem line = p;
                    line.a = x + i / r_.lines * p.m * p.k;
                    line.packed = packed + static_cast<size_t>(i % r_.lines) * r_.packedLine();
                    line.c = y + i * p.m * p.n;
                    gemmPart(line, 0, p.m, 0, panels);
                }
            });
        return Status::success();
    }
    std::string implementation() const override {
        return cat("blocks of ", gemmShape().height, " x ", gemmShape().width);
    }

private:
    Record r_;
    RowEpilogue epilogue_;
    GemmProblem problem_;
    int64_t rows_ = 0;
    std::vector<float> repacked_, bias_;
};

class LinesKernel final : public device::Kernel {
public:
    explicit LinesKernel(Record r) : r_(std::move(r)) {}
    size_t workspaceBound(const Shapes&, const Shapes&, const Shapes&) const override { return 0; }
    std::unique_ptr<device::Bound> bind(const Shapes& shapes,
                                        device::ContextState&) const override {
        return std::make_unique<LinesBound>(r_, shapes);
    }
    void save(ByteWriter& out) const override {
        putInts(out, {r_.input, r_.bias, r_.maps, r_.channels, r_.lines, r_.columns, r_.width});
        r_.epilogue.save(out);
    }

private:
    Record r_;
};

class LinesFactory final : public tactic::KernelFactory {
public:
    std::string_view name() const override { return kName; }

    Support supports(const tactic::Query& q) const override {
        Record r;
        std::vector<int> consumed;
        return read(q, r, consumed);
    }

    void formats(const tactic::Query& q, tactic::FormatList& out) const override {
        out.push_back(convolutionCombination(q));
    }

    tactic::Created create(const tactic::Query& q, const tactic::Tactic&) const override {
        Record r;
        tactic::Created made;
        if (Support s = read(q, r, made.consumed); !s.ok)
            fail(ErrorCode::kUNSUPPORTED_STATE, s.why);
        const int kernel = q.group().anchorInput(1);
        r.width = gemmShape().width;
        const auto* w = q.constant(kernel)->as<float>();  // [C, K, lines, columns]
        std::vector<uint8_t> bytes(static_cast<size_t>(r.lines) * r.packedLine() * sizeof(float));
        std::vector<float> line(static_cast<size_t>(r.channels * r.n()));
        for (int64_t l = 0; l < r.lines; ++l) {
            for (int64_t c = 0; c < r.channels; ++c)
                for (int64_t k = 0; k < r.maps; ++k)
                    for (int64_t j = 0; j < r.columns; ++j)
                        line[static_cast<size_t>(c * r.n() + j * r.maps + k)] =
                            w[((c * r.maps + k) * r.lines + l) * r.columns + j];
            packPanels(
                line.data(), r.n(), 1, r.channels, r.n(), r.width,
                reinterpret_cast<float*>(bytes.data()) + static_cast<size_t>(l) * r.packedLine());
        }
        made.constants.push_back(
            {Blob::own(std::move(bytes)),
             cat("f32 ", r.lines, " of ", r.channels, "x", r.n(), " panels of ", r.width)});
        made.consumed.push_back(kernel);
        made.kernel = std::make_unique<LinesKernel>(std::move(r));
        return made;
    }

    std::unique_ptr<device::Kernel> load(ByteReader& in, device::Device&) const override {
        Record r;
        auto v = getInts(in);
        bool right = v.size() == 7 && v[6] <= 1024;
        for (size_t i = 2; right && i < v.size(); ++i) right = v[i] >= 1;
        if (!right) in.corrupt("a deconvolution has seven numbers");
        r.input = static_cast<int>(v[0]), r.bias = static_cast<int>(v[1]);
        r.maps = v[2], r.channels = v[3], r.lines = v[4], r.columns = v[5];
        r.width = static_cast<int>(v[6]);
        r.epilogue = Epilogue::load(in);
        return std::make_unique<LinesKernel>(std::move(r));
    }

private:
    static Support read(const tactic::Query& q, Record& r, std::vector<int>& consumed) {
        const auto* op = q.group().anchorAs<ops::Deconvolution>();
        if (!op) return no("the anchor is not a deconvolution");
        if (q.outputs() != 1 || !allFloat(q))
            return no("not one output of f32 from operands of f32");
        r.input = q.group().anchorInput(0);
        const int kernel = q.group().anchorInput(1);
        if (r.input < 0) return no("the input is computed inside the group");
        if (kernel < 0 || !q.constant(kernel)) return no("the kernel is not constant");
        const auto w = staticValues(q.in(kernel).dims);
        if (w.size() != 4 || op->groups != 1) return no("groups, or not two spatial dimensions");
        r.channels = w[0], r.maps = w[1], r.lines = w[2], r.columns = w[3];
        const std::vector<int64_t> window{r.lines, r.columns};
        if (op->stride != window) return no("windows overlap or leave gaps");
        if (!(q.out(0).dims[2] == q.in(r.input).dims[2] * Dim(r.lines)) ||
            !(q.out(0).dims[3] == q.in(r.input).dims[3] * Dim(r.columns)) || hasPadding(*op))
            return no("padding or dilation");
        r.bias = q.group().anchorInput(2);
        const auto& operands = q.group().anchor()->inputs;
        if (operands.size() > 2 && operands[2] != ir::kNoValue && r.bias < 0)
            return no("the bias is computed inside the group");
        if (Support s = readEpilogue(q, r.epilogue, &consumed); !s.ok) return s;
        for (const EpilogueStep& s : r.epilogue.steps)
            if (s.other >= 0) return no("the epilogue has a tensor as an operand");
        return rowEpilogueSupport(r.epilogue);
    }

    static bool hasPadding(const ops::Deconvolution& op) {
        auto any = [](const std::vector<int64_t>& v, int64_t none) {
            return std::any_of(v.begin(), v.end(), [&](int64_t x) { return x != none; });
        };
        return any(op.prePadding, 0) || any(op.postPadding, 0) || any(op.outputPadding, 0) ||
               any(op.dilation, 1);
    }
};

}  // namespace

void registerKernel_deconvolution_gemm(tactic::Catalog& catalog) {
    catalog.add(std::make_unique<LinesFactory>());
}

}  // namespace bireme::cpu
