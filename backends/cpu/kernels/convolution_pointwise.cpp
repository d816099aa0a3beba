// SPDX-License-Identifier: Apache-2.0
// Convolution with a window of one element, channels-last: a matrix product over pixels, by our own
// blocks; of bf16, where the machine multiplies it.
#include "backends/cpu/simd/rows.h"
#include "backends/cpu/support/convolution_query.h"
#include "backends/cpu/support/factory.h"
#include "backends/cpu/support/isa.h"
#include "backends/cpu/support/packing_factory.h"
#include "backends/cpu/support/record.h"
#include "backends/cpu/support/row_epilogue.h"
#include "backends/cpu/support/tile_gemm.h"
#include "base/parallel_for.h"
#include "ops/convolution.h"

#include <algorithm>

namespace bireme::cpu {

using device::Shapes;

namespace {

constexpr const char* kName = "cpu.convolution.pointwise";

constexpr int64_t kBrainRows = 48;  // pixels of bf16 that are multiplied at once

struct Record {
    int input = 0, bias = -1;  // body inputs; -1: none
    int64_t maps = 1, channels = 1;
    std::vector<int64_t> stride;  // per spatial dim
    int64_t threads = 1;
    Epilogue epilogue;
    int width = 16;      // of the packed panels
    bool brain = false;  // all operands are bf16

    int64_t rowOfFloats() const { return (maps + kBrainWidth - 1) / kBrainWidth * kBrainWidth; }
    size_t workspace(const Shapes&, const Shapes&) const {
        return brain ? static_cast<size_t>(threads * kBrainRows * rowOfFloats()) * sizeof(float)
                     : 0;
    }
    void save(ByteWriter& out) const {
        putInts(out, {input, bias, maps, channels, threads, width});
        out.put<uint8_t>(brain);
        putInts(out, stride);
        epilogue.save(out);
    }
    static Record load(ByteReader& in) {
        Record r;
        auto v = getInts(in);
        bool right = v.size() == 6 && v[4] <= 4096 && v[5] <= 1024;
        for (size_t i = 2; right && i < v.size(); ++i) right = v[i] >= 1;
        if (!right) in.corrupt("a convolution has six numbers");
        r.input = static_cast<int>(v[0]), r.bias = static_cast<int>(v[1]);
        r.maps = v[2], r.channels = v[3], r.threads = v[4], r.width = static_cast<int>(v[5]);
        r.brain = in.get<uint8_t>() != 0;
        if (r.brain && kernelIsa() < Isa::avx512_bf16)
            in.corrupt("a convolution of bf16, which this processor does not multiply");
        r.stride = getInts(in);
        r.epilogue = Epilogue::load(in);
        return r;
    }
};

class PixelsBound final : public device::Bound {
public:
    PixelsBound(const Record& r, const Shapes& s)
        : r_(r), epilogue_(r.epilogue, r.bias, r.maps, s), numbers_(hasNoOperands(r.epilogue)) {
        const auto &x = s.inputs[static_cast<size_t>(r.input)], &y = s.outputs[0];
        const auto from = x.format.stridesFor(x.dims), to = y.format.stridesFor(y.dims);
        problem_.m = product(y.dims) / std::max<int64_t>(1, r.maps);
        problem_.n = r.maps, problem_.ldc = to.back();
        problem_.k = r.channels, problem_.lda = from.back();
        if (product(r.stride) != 1)
            findPixels(from, y.dims, r.stride, rows_);
        else if (!isRow(x.dims, from) || !isRow(y.dims, to))
            splitLines(y.dims, from, to);
        if (lines_.empty()) lines_.push_back({x.format.offset, y.format.offset});
        for (Line& l : lines_)
            if (lines_.size() > 1) l.from += x.format.offset, l.to += y.format.offset;
        swish_ = epilogue_.takeSwish();
        if (!r.brain && r.width != gemmShape().width)
            repacked_ = repackPanels(static_cast<const float*>(s.constants.at(0)), r.channels,
                                     r.maps, r.width);
    }

    size_t workspace() const noexcept override { return r_.workspace({}, {}); }

    Status enqueue(device::Stream&, const device::Launch& launch) noexcept override {
        GemmProblem p = problem_;
        epilogue_.begin(launch, p);
        for (const Line& l : lines_)
            if (!r_.brain)
                multiply(launch, p, l);
            else if (multipliesTiles)
                multiplyTiles(launch, p, l);
            else
                multiplyBrain(launch, p, l);
        return Status::success();
    }
    std::string implementation() const override {
        return r_.brain ? "blocks of bf16"
                        : cat("blocks of ", gemmShape().height, " x ", gemmShape().width);
    }

private:
    // Elements before a row of pixels that lie equally far apart.
    struct Line {
        int64_t from, to;
    };

    void multiply(const device::Launch& launch, GemmProblem p, const Line& l) noexcept {
        p.a = static_cast<const float*>(launch.inputs[r_.input]) + l.from;
        p.rows = rows_.empty() ? nullptr : rows_.data();
        p.packed =
            repacked_.empty() ? static_cast<const float*>(launch.constants[0]) : repacked_.data();
        p.c = static_cast<float*>(launch.outputs[0]) + l.to;
        gemm(p, static_cast<int>(r_.threads));
    }

    void multiplyTiles(const device::Launch& launch, const GemmProblem& g, const Line& l) noexcept {
        TileGemm p;
        p.m = g.m, p.n = g.n;
        p.a.a = static_cast<const BFloat16*>(launch.inputs[r_.input]) + l.from;
        p.a.k = g.k, p.a.lda = g.lda;
        p.packed = static_cast<const BFloat16*>(launch.constants[0]);
        p.end = brainEnd(launch, g);
        p.epilogue = g.epilogue;
        p.y = static_cast<BFloat16*>(launch.outputs[0]) + l.to, p.ldy = g.ldc;
        tileGemm(p, r_.threads);
    }

    BrainEnd brainEnd(const device::Launch& launch, const GemmProblem& p) const {
        return {p.end.bias, static_cast<const BFloat16*>(epilogue_.residual(launch)),
                p.n,        p.end.clip,
                p.end.low,  p.end.high,
                swish_};
    }

    void multiplyBrain(const device::Launch& launch, const GemmProblem& p, const Line& l) noexcept {
        const auto* x = static_cast<const BFloat16*>(launch.inputs[r_.input]) + l.from;
        auto* y = static_cast<BFloat16*>(launch.outputs[0]) + l.to;
        const auto* packed = static_cast<const BFloat16*>(launch.constants[0]);
        const BrainRowFunctions& simd = brainRowFunctions();
        if (p.m == 0) return;
        const int64_t step = r_.rowOfFloats(),
                      parts = std::clamp<int64_t>(p.m * p.n * p.k / 400000, 1,
                                                  std::min(r_.threads, p.m));
        parallelFor(parts, 1, [&](int64_t begin, int64_t end) {
            for (int64_t part = begin; part < end; ++part) {
                float* rows = static_cast<float*>(launch.workspace) + part * kBrainRows * step;
                const int64_t last = p.m * (part + 1) / parts;
                for (int64_t row = p.m * part / parts; row < last; row += kBrainRows) {
                    const int64_t count = std::min(kBrainRows, last - row);
                    multiplyBrains({count, p.n, p.k, x + row * p.lda, p.lda, packed, rows, step});
                    const FloatRows all{rows, step, count, p.n};
                    BrainEnd end = brainEnd(launch, p);
                    if (end.residual) end.residual += row * p.n;
                    if (!p.epilogue) {
                        simd.finishNarrow(all, end, y + row * p.ldc, p.ldc);
                        continue;
                    }
                    simd.finish(all, end);
                    // What fills the panels up may pass through, so that rows follow each other.
                    p.epilogue->apply(rows, step, row, count, 0, numbers_ ? step : p.n);
                    simd.finishNarrow(all, {}, y + row * p.ldc, p.ldc);
                }
            }
        });
    }

    // Do all pixels lie equally far apart?
    static bool isRow(const std::vector<int64_t>& dims, const std::vector<int64_t>& strides) {
        int64_t step = strides.back();
        for (size_t d = dims.size(); d-- > 0; step *= dims[d]) {
            if (d == 1) d = 0;  // channels are inside
            if (dims[d] > 1 && strides[d] != step) return false;
        }
        return true;
    }

    // Where pixels begin: those of the first image, line and so on first.
    static void findPixels(const std::vector<int64_t>& strides, const std::vector<int64_t>& dims,
                           const std::vector<int64_t>& every, std::vector<int64_t>& out) {
        std::vector<int64_t> extents(dims.begin() + 1, dims.end());
        extents[0] = dims[0];
        const int64_t count = product(extents);
        out.reserve(static_cast<size_t>(count));
        for (int64_t i = 0; i < count; ++i) {
            int64_t at = 0, rest = i;
            for (size_t d = extents.size(); d-- > 0; rest /= extents[d])
                at += rest % extents[d] * (d ? every[d - 1] * strides[d + 1] : strides[0]);
            out.push_back(at);
        }
    }

    // Parts of larger buffers whose lines do not follow each other: a product for each.
    void splitLines(std::vector<int64_t> dims, const std::vector<int64_t>& from,
                    const std::vector<int64_t>& to) {
        problem_.m = dims.back();
        dims.back() = 1;
        std::vector<int64_t> x, y;
        findPixels(from, dims, r_.stride, x);
        findPixels(to, dims, r_.stride, y);
        for (size_t i = 0; i < x.size(); ++i) lines_.push_back({x[i], y[i]});
    }

    Record r_;
    RowEpilogue epilogue_;
    bool swish_ = false;  // follows all else
    bool numbers_;        // are all that the epilogue has as operands
    GemmProblem problem_;
    std::vector<Line> lines_;
    std::vector<int64_t> rows_;
    std::vector<float> repacked_;
};

class PixelsFactory final : public PackingFactory<Record, RecordKernel<Record, PixelsBound>> {
public:
    std::string_view name() const override { return kName; }

    void formats(const tactic::Query& q, tactic::FormatList& out) const override {
        out.push_back(convolutionCombination(q));
        const Record r = recordOf(q);
        out.back().acceptsViews = hasNoOperands(r.epilogue) && product(r.stride) == 1;
    }

private:
    tactic::PackedConstant pack(const tactic::Query& q, const tactic::Tactic&, int kernel,
                                Record& r) const override {
        r.threads = std::max(1, q.flags.threads);
        r.width = gemmShape().width;
        return packed(r, *q.constant(kernel));
    }

    static tactic::PackedConstant packed(const Record& r, const Blob& kernel) {
        std::vector<uint8_t> bytes;
        if (r.brain) {
            bytes.resize(packedBrains(r.channels, r.maps) * sizeof(BFloat16));
            packBrainColumns(kernel.as<BFloat16>(), r.channels, r.channels, r.maps,
                             reinterpret_cast<BFloat16*>(bytes.data()));
            return {Blob::own(std::move(bytes)),
                    cat("bf16 ", r.channels, "x", r.maps, " panels of ", kBrainWidth)};
        }
        bytes.resize(packedElements(r.channels, r.maps, r.width) * sizeof(float));
        packPanels(kernel.as<float>(), 1, r.channels, r.channels, r.maps, r.width,
                   reinterpret_cast<float*>(bytes.data()));
        return {Blob::own(std::move(bytes)),
                cat("f32 ", r.channels, "x", r.maps, " Ba", r.width, "b")};
    }

    Support read(const tactic::Query& q, Record& r, std::vector<int>& consumed) const override {
        const auto* op = q.group().anchorAs<ops::Convolution>();
        if (!op) return no("the anchor is not a convolution");
        const auto type = onlyType(q);
        if (q.outputs() != 1 || !type || !multiplies(*type))
            return no("operands are not all f32, nor all bf16 on a machine that multiplies it");
        r.brain = *type == DataType::kBF16;
        ConvolutionOperands operands;
        if (Support s = readOperands(q, operands); !s.ok) return s;
        r.input = operands.input, r.bias = operands.bias;
        auto w = staticValues(q.in(operands.kernel).dims);
        r.maps = w[0], r.channels = w[1];
        if (op->groups != 1 || product(w) != r.maps * r.channels) return no("a window or groups");
        for (const auto* pad : {&op->prePadding, &op->postPadding})
            for (int64_t p : *pad)
                if (p) return no("padding");
        r.stride.assign(w.size() - 2, 1);
        for (size_t d = 0; d < op->stride.size(); ++d) r.stride[d] = op->stride[d];
        if (product(r.stride) != 1 && op->paddingMode == PaddingMode::kEXPLICIT_ROUND_UP)
            return no("padding");
        if (r.brain && (r.channels % 2 || product(r.stride) != 1))
            return no("an odd number of channels or strides in bf16");
        return readRowEpilogue(q, r.epilogue, r.bias, consumed);
    }
};

}  // namespace

void registerKernel_convolution_pointwise(tactic::Catalog& catalog) {
    catalog.add(std::make_unique<PixelsFactory>());
}

}  // namespace bireme::cpu
