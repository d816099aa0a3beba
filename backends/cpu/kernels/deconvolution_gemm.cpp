// SPDX-License-Identifier: Apache-2.0
// Deconvolution whose windows meet without overlap (stride = window), channels-last: each line of
// a window turns a row of pixels into a row of the result by one matrix product, in f32 or, where
// the machine multiplies it, in bf16.
#include "backends/cpu/simd/brain_product.h"
#include "backends/cpu/simd/rows.h"
#include "backends/cpu/support/convolution_query.h"
#include "backends/cpu/support/factory.h"
#include "backends/cpu/support/isa.h"
#include "backends/cpu/support/packing_factory.h"
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
    int64_t threads = 1;
    Epilogue epilogue;   // tensors have one value per channel
    int width = 16;      // of the packed panels
    bool brain = false;  // all operands are bf16

    int64_t n() const { return columns * maps; }  // results of a pixel and a line of the window
    size_t packedLine() const {                   // elements
        return brain ? packedBrains(channels, n()) : packedElements(channels, n(), width);
    }
    // A row of results as floats, before they go where they belong.
    int64_t rowOfPixel() const { return (n() + kBrainWidth - 1) / kBrainWidth * kBrainWidth; }
    size_t workspace(const Shapes&, const Shapes& max) const {
        const int64_t pixels = max.inputs[static_cast<size_t>(input)].dims[3];
        return static_cast<size_t>(threads * pixels * rowOfPixel()) * sizeof(float);
    }
    void save(ByteWriter& out) const {
        putInts(out, {input, bias, maps, channels, lines, columns, threads, width});
        out.put<uint8_t>(brain);
        epilogue.save(out);
    }
    static Record load(ByteReader& in) {
        Record r;
        auto v = getInts(in);
        bool right = v.size() == 8 && v[6] <= 4096 && v[7] <= 1024;
        for (size_t i = 2; right && i < v.size(); ++i) right = v[i] >= 1;
        if (!right) in.corrupt("a deconvolution has eight numbers");
        r.input = static_cast<int>(v[0]), r.bias = static_cast<int>(v[1]);
        r.maps = v[2], r.channels = v[3], r.lines = v[4], r.columns = v[5];
        r.threads = v[6], r.width = static_cast<int>(v[7]);
        r.brain = in.get<uint8_t>() != 0;
        if (r.brain && kernelIsa() < Isa::avx512_bf16)
            in.corrupt("a deconvolution of bf16, which this processor does not multiply");
        r.epilogue = Epilogue::load(in);
        return r;
    }
};

class LinesBound final : public device::Bound {
public:
    LinesBound(const Record& r, const Shapes& s)
        : r_(r),
          epilogue_(r.epilogue, r.bias, r.n(), s, r.columns),
          from_(s.inputs[static_cast<size_t>(r.input)]),
          to_(s.outputs[0]),
          direct_(!r.brain && s.outputs[0].format.isDense()),
          workspace_(r.workspace(s, s)) {
        const auto& x = s.inputs[static_cast<size_t>(r.input)].dims;
        images_ = x[0], height_ = x[2];
        problem_.m = x[3];
        problem_.n = r.n();
        problem_.ldc = direct_ ? r.n() : r.rowOfPixel();
        problem_.k = r.channels, problem_.lda = from_.pixel;
        const int own = gemmShape().width;
        if (r.brain || r.width == own) return;
        const auto* packed = static_cast<const float*>(s.constants.at(0));
        for (int64_t line = 0; line < r.lines; ++line) {
            auto part = repackPanels(packed + static_cast<size_t>(line) * r.packedLine(),
                                     r.channels, r.n(), r.width);
            repacked_.insert(repacked_.end(), part.begin(), part.end());
        }
        r_.width = own;
    }

    size_t workspace() const noexcept override { return workspace_; }

    Status enqueue(device::Stream&, const device::Launch& launch) noexcept override {
        GemmProblem p = problem_;
        epilogue_.begin(launch, p);
        const int64_t tasks = images_ * height_ * r_.lines, work = p.m * p.n * p.k;
        const int64_t parts =
            std::max<int64_t>(1, std::min({tasks * work / 100000, r_.threads, tasks}));
        parallelFor(parts, 1, [&](int64_t begin, int64_t end) {
            for (int64_t part = begin; part < end; ++part)
                for (int64_t i = tasks * part / parts; i < tasks * (part + 1) / parts; ++i)
                    r_.brain ? lineOf<BFloat16>(launch, p, i, part)
                             : lineOf<float>(launch, p, i, part);
        });
        return Status::success();
    }
    std::string implementation() const override {
        return r_.brain ? "blocks of bf16"
                        : cat("blocks of ", gemmShape().height, " x ", gemmShape().width);
    }

private:
    // Line `task` of the result: a line of the windows over a row of the input.
    template <typename T>
    void lineOf(const device::Launch& launch, const GemmProblem& p, int64_t task,
                int64_t part) const {
        const int64_t row = task / r_.lines, window = task % r_.lines, image = row / height_;
        const T* x = static_cast<const T*>(launch.inputs[r_.input]) + from_.offset +
                     image * from_.image + row % height_ * from_.row;
        T* y = static_cast<T*>(launch.outputs[0]) + to_.offset + image * to_.image +
               (row % height_ * r_.lines + window) * to_.row;
        const size_t packed = static_cast<size_t>(window) * r_.packedLine();
        float* rows = static_cast<float*>(launch.workspace) + part * p.m * p.ldc;
        if constexpr (std::is_same_v<T, BFloat16>) {
            multiplyBrains({p.m, p.n, p.k, x, p.lda,
                            static_cast<const BFloat16*>(launch.constants[0]) + packed, rows,
                            p.ldc});
            const BrainRowFunctions& simd = brainRowFunctions();
            BrainEnd end{p.end.bias, nullptr, 0, p.end.clip, p.end.low, p.end.high};
            simd.finish({rows, p.ldc, p.m, p.n}, end);
            if (p.epilogue) p.epilogue->apply(rows, p.ldc, 0, p.m, 0, p.n);
            for (int64_t c = 0; c < r_.columns; ++c)
                simd.finishNarrow({rows + c * r_.maps, p.ldc, p.m, r_.maps}, {}, y + c * to_.pixel,
                                  r_.columns * to_.pixel);
        } else {
            GemmProblem line = p;
            line.a = x;
            line.packed = (repacked_.empty() ? static_cast<const float*>(launch.constants[0])
                                             : repacked_.data()) +
                          packed;
            line.c = direct_ ? y : rows;
            gemmPart(line, 0, p.m, 0, (p.n + r_.width - 1) / r_.width);
            for (int64_t i = 0; !direct_ && i < p.m * r_.columns; ++i)
                std::copy_n(rows + i / r_.columns * p.ldc + i % r_.columns * r_.maps, r_.maps,
                            y + i * to_.pixel);
        }
    }

    Record r_;
    RowEpilogue epilogue_;
    PixelSteps from_, to_;
    bool direct_;  // products are written where they belong
    size_t workspace_;
    GemmProblem problem_;
    int64_t images_ = 0, height_ = 0;
    std::vector<float> repacked_;
};

class LinesFactory final : public PackingFactory<Record, RecordKernel<Record, LinesBound>> {
public:
    std::string_view name() const override { return kName; }

    void formats(const tactic::Query& q, tactic::FormatList& out) const override {
        out.push_back(convolutionCombination(q));
        const auto steps = recordOf(q).epilogue.steps;
        out.back().acceptsViews = std::all_of(steps.begin(), steps.end(), [&](const auto& s) {
            return s.other < 0 || q.constant(s.other);
        });
    }

private:
    tactic::PackedConstant pack(const tactic::Query& q, const tactic::Tactic&, int kernel,
                                Record& r) const override {
        r.width = gemmShape().width;
        r.threads = std::max(1, q.flags.threads);
        return r.brain ? packed<BFloat16>(r, *q.constant(kernel))
                       : packed<float>(r, *q.constant(kernel));
    }

    // For each line of the window a matrix from channels to columns and maps.
    template <typename T>
    static tactic::PackedConstant packed(const Record& r, const Blob& kernel) {
        const T* w = kernel.as<T>();  // [C, K, lines, columns]
        std::vector<uint8_t> bytes(static_cast<size_t>(r.lines) * r.packedLine() * sizeof(T));
        std::vector<T> line(static_cast<size_t>(r.channels * r.n()));
        for (int64_t l = 0; l < r.lines; ++l) {
            for (int64_t c = 0; c < r.channels; ++c)
                for (int64_t k = 0; k < r.maps; ++k)
                    for (int64_t j = 0; j < r.columns; ++j)
                        line[static_cast<size_t>(c * r.n() + j * r.maps + k)] =
                            w[((c * r.maps + k) * r.lines + l) * r.columns + j];
            T* to = reinterpret_cast<T*>(bytes.data()) + static_cast<size_t>(l) * r.packedLine();
            if constexpr (std::is_same_v<T, BFloat16>)
                packBrainRows(line.data(), r.n(), r.channels, r.n(), to);
            else
                packPanels(line.data(), r.n(), 1, r.channels, r.n(), r.width, to);
        }
        return {Blob::own(std::move(bytes)), cat(r.brain ? "bf16 " : "f32 ", r.lines, " of ",
                                                 r.channels, "x", r.n(), " panels of ", r.width)};
    }

    Support read(const tactic::Query& q, Record& r, std::vector<int>& consumed) const override {
        const auto* op = q.group().anchorAs<ops::Deconvolution>();
        if (!op) return no("the anchor is not a deconvolution");
        const auto type = onlyType(q);
        if (q.outputs() != 1 || !type || !multiplies(*type))
            return no("operands are not all f32, nor all bf16 on a machine that multiplies it");
        r.brain = *type == DataType::kBF16;
        ConvolutionOperands operands;
        if (Support s = readOperands(q, operands); !s.ok) return s;
        r.input = operands.input, r.bias = operands.bias;
        const auto w = staticValues(q.in(operands.kernel).dims);
        if (w.size() != 4 || op->groups != 1) return no("groups, or not two spatial dimensions");
        r.channels = w[0], r.maps = w[1], r.lines = w[2], r.columns = w[3];
        if (r.brain && r.channels % 2) return no("an odd number of channels in bf16");
        const std::vector<int64_t> window{r.lines, r.columns};
        if (op->stride != window) return no("windows overlap or leave gaps");
        if (!(q.out(0).dims[2] == q.in(r.input).dims[2] * Dim(r.lines)) ||
            !(q.out(0).dims[3] == q.in(r.input).dims[3] * Dim(r.columns)) || hasPadding(*op))
            return no("padding or dilation");
        return readChannelEpilogue(q, r.epilogue, r.bias, consumed);
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
