// SPDX-License-Identifier: Apache-2.0
// Deconvolution of any stride and padding, channels-last, in f32: one matrix product turns a row of
// pixels into the windows over it; a row of the result sums what the windows over a few rows of the
// input bring there, while they are in the cache.
#include "backends/cpu/simd/rows.h"
#include "backends/cpu/support/convolution_query.h"
#include "backends/cpu/support/factory.h"
#include "backends/cpu/support/packing_factory.h"
#include "backends/cpu/support/record.h"
#include "backends/cpu/support/row_epilogue.h"
#include "base/parallel_for.h"
#include "ops/deconvolution.h"
#include "ops/support/sliding_window.h"

#include <algorithm>
#include <array>

namespace bireme::cpu {

using device::Shapes;

namespace {

constexpr const char* kName = "cpu.deconvolution.overlap";
constexpr int64_t kFewMaps = 4;
constexpr int64_t kMostTaps = 64;  // what meets at a pixel of the result, bias included

int64_t ceilDiv(int64_t a, int64_t b) { return (a + b - 1) / b; }

struct Record {
    ops::Deconvolution op;
    int input = 0, bias = -1;     // body inputs; -1: none
    std::vector<int64_t> kernel;  // [C, K, lines, columns]
    int64_t threads = 1;
    int width = 16;     // of the packed panels
    Epilogue epilogue;  // tensors have one value per channel

    int64_t channels() const { return kernel[0]; }
    int64_t maps() const { return kernel[1]; }
    int64_t n() const { return kernel[1] * kernel[2] * kernel[3]; }  // results of a pixel
    int64_t stride(size_t axis) const { return op.stride.empty() ? 1 : op.stride[axis]; }
    // Rows of the input whose windows reach one row of the result.
    int64_t reach() const { return ceilDiv(kernel[2], stride(0)); }
    int64_t taps() const { return reach() * ceilDiv(kernel[3], stride(1)); }
    int64_t share(const Shapes& s) const {  // floats of a thread
        return reach() * s.inputs[static_cast<size_t>(input)].dims[3] * n();
    }
    size_t workspace(const Shapes&, const Shapes& max) const {
        return static_cast<size_t>(threads * share(max)) * sizeof(float);
    }
    void save(ByteWriter& out) const {
        putAttributes(out, op);
        putInts(out, kernel);
        putInts(out, {input, bias, threads, width});
        epilogue.save(out);
    }
    static Record load(ByteReader& in) {
        Record r;
        r.op = getAttributes<ops::Deconvolution>(in);
        r.kernel = getInts(in);
        const auto v = getInts(in);
        bool right = r.kernel.size() == 4 && v.size() == 4 && v[2] >= 1 && v[2] <= 4096 &&
                     v[3] >= 1 && v[3] <= 1024 && (r.op.stride.empty() || r.op.stride.size() == 2);
        for (const int64_t d : r.kernel) right = right && d >= 1;
        for (const int64_t d : r.op.stride) right = right && d >= 1;
        if (!right || r.taps() >= kMostTaps) in.corrupt("a deconvolution has other numbers");
        r.input = static_cast<int>(v[0]), r.bias = static_cast<int>(v[1]);
        r.threads = v[2], r.width = static_cast<int>(v[3]);
        r.epilogue = Epilogue::load(in);
        return r;
    }
};

// Windows along one axis: the result's place o = stride * i - before + k.
struct Axis {
    int64_t input, output, window, stride, before;
};

class OverlapBound final : public device::Bound {
public:
    OverlapBound(const Record& r, const Shapes& s)
        : r_(r),
          epilogue_(r.epilogue, r.bias, r.maps(), s),
          from_(s.inputs[static_cast<size_t>(r.input)]),
          to_(s.outputs[0]),
          share_(r.share(s)),
          workspace_(r.workspace(s, s)) {
        const auto &x = s.inputs[static_cast<size_t>(r.input)].dims, &y = s.outputs[0].dims;
        auto a = ops::WindowAttributes::of(r.op);
        a.outputPadding = &r.op.outputPadding;
        const ops::WindowGrid g(ops::deconvolutionAxes(a, ops::spatialDims(toDims(x)),
                                                       ops::spatialDims(toDims(r.kernel))));
        images_ = x[0];
        rows_ = {x[2], y[2], r.kernel[2], g.stride[1], g.before[1]};
        columns_ = {x[3], y[3], r.kernel[3], g.stride[2], g.before[2]};
        problem_.m = x[3], problem_.n = r.n(), problem_.k = r.channels();
        problem_.lda = from_.pixel, problem_.ldc = r.n();
        const int own = gemmShape().width;
        if (r.width == own) return;
        repacked_ = repackPanels(static_cast<const float*>(s.constants.at(0)), r.channels(), r.n(),
                                 r.width);
        r_.width = own;
    }

    size_t workspace() const noexcept override { return workspace_; }

    Status enqueue(device::Stream&, const device::Launch& launch) noexcept override {
        GemmProblem end;  // what follows the sums
        epilogue_.begin(launch, end);
        const int64_t rows = images_ * rows_.output,
                      work = images_ * rows_.input * problem_.m * problem_.n * problem_.k;
        const int64_t parts = std::max<int64_t>(1, std::min({work / 100000, r_.threads, rows}));
        parallelFor(parts, 1, [&](int64_t begin, int64_t last) {
            for (int64_t part = begin; part < last; ++part) {
                Windows windows{static_cast<float*>(launch.workspace) + part * share_, -1, -1};
                for (int64_t i = rows * part / parts; i < rows * (part + 1) / parts; ++i)
                    row(launch, end, windows, i / rows_.output, i % rows_.output);
            }
        });
        return Status::success();
    }
    std::string implementation() const override {
        return cat("blocks of ", gemmShape().height, " x ", gemmShape().width);
    }

private:
    struct Windows {
        float* at;
        int64_t image, last;  // the last row of the input whose windows are there
    };

    const float* windowsOver(const device::Launch& launch, Windows& w, int64_t image,
                             int64_t i) const {
        if (w.image != image) w.image = image, w.last = -1;
        float* at = w.at + i % r_.reach() * problem_.m * problem_.n;
        if (i <= w.last) return at;
        w.last = i;
        GemmProblem p = problem_;
        p.a = static_cast<const float*>(launch.inputs[r_.input]) + from_.offset +
              image * from_.image + i * from_.row;
        p.packed =
            repacked_.empty() ? static_cast<const float*>(launch.constants[0]) : repacked_.data();
        p.c = at;
        gemmPart(p, 0, p.m, 0, ceilDiv(p.n, r_.width));
        return at;
    }

    // Row `o` of the result; rows of an image come in ascending order.
    void row(const device::Launch& launch, const GemmProblem& end, Windows& windows, int64_t image,
             int64_t o) const {
        const int64_t maps = r_.maps(), above = o + rows_.before;
        std::array<const float*, kMostTaps> lines{};  // of windows, that meet here
        size_t count = 0;
        for (int64_t i = std::max<int64_t>(0, ceilDiv(above - rows_.window + 1, rows_.stride));
             i < rows_.input && i * rows_.stride <= above; ++i)
            lines[count++] = windowsOver(launch, windows, image, i) +
                             (above - i * rows_.stride) * columns_.window * maps;
        float* y =
            static_cast<float*>(launch.outputs[0]) + to_.offset + image * to_.image + o * to_.row;
        if (maps <= kFewMaps && to_.pixel == maps)
            spread(end.end.bias, lines.data(), count, y);
        else
            for (int64_t x = 0; x < columns_.output; ++x)
                pixel(end.end.bias, lines.data(), count, x, y + x * to_.pixel);
        if (end.end.clip)
            for (int64_t x = 0; x < columns_.output; ++x)
                for (float *v = y + x * to_.pixel, *stop = v + maps; v < stop; ++v)
                    *v = *v < end.end.low ? end.end.low : *v > end.end.high ? end.end.high : *v;
        if (end.epilogue)
            end.epilogue->apply(y, to_.pixel, (image * rows_.output + o) * columns_.output,
                                columns_.output, 0, maps);
    }

    // A row of few maps: a line of a window at a time, for vectors of maps would be mostly empty.
    void spread(const float* bias, const float* const* lines, size_t count, float* y) const {
        const int64_t maps = r_.maps(), end = columns_.output * maps;
        for (int64_t i = 0; i < end; i += maps)
            for (int64_t k = 0; k < maps; ++k) y[i + k] = bias ? bias[k] : 0.f;
        for (size_t l = 0; l < count; ++l)
            for (int64_t j = 0; j < columns_.input; ++j) {
                const int64_t at = (j * columns_.stride - columns_.before) * maps,
                              first = std::max<int64_t>(0, -at),
                              last = std::min(columns_.window * maps, end - at);
                const float* from = lines[l] + j * problem_.n;
                for (int64_t k = first; k < last; ++k) y[at + k] += from[k];
            }
    }

    void pixel(const float* bias, const float* const* lines, size_t count, int64_t x,
               float* y) const {
        static constexpr auto kOnes = [] {
            std::array<float, kMostTaps> ones{};
            ones.fill(1);
            return ones;
        }();
        const int64_t maps = r_.maps(), left = x + columns_.before;
        std::array<const float*, kMostTaps> taps;
        int64_t n = 0;
        if (bias) taps[static_cast<size_t>(n++)] = bias;
        for (int64_t j = std::max<int64_t>(0, ceilDiv(left - columns_.window + 1, columns_.stride));
             j < columns_.input && j * columns_.stride <= left; ++j)
            for (size_t l = 0; l < count; ++l)
                taps[static_cast<size_t>(n++)] =
                    lines[l] + j * problem_.n + (left - j * columns_.stride) * maps;
        if (n == 0)
            std::fill_n(y, maps, 0.f);
        else
            rowFunctions().mixTaps(taps.data(), kOnes.data(), n, y, maps);
    }

    Record r_;
    RowEpilogue epilogue_;
    PixelSteps from_, to_;
    int64_t share_;
    size_t workspace_;
    int64_t images_ = 0;
    Axis rows_{}, columns_{};
    GemmProblem problem_;  // a row of pixels to the windows over it
    std::vector<float> repacked_;
};

class OverlapFactory final : public PackingFactory<Record, RecordKernel<Record, OverlapBound>> {
public:
    std::string_view name() const override { return kName; }

    void formats(const tactic::Query& q, tactic::FormatList& out) const override {
        out.push_back(convolutionCombination(q));
        out.back().acceptsViews = true;
    }

private:
    // From channels to lines, columns and maps.
    tactic::PackedConstant pack(const tactic::Query& q, const tactic::Tactic&, int kernel,
                                Record& r) const override {
        r.width = gemmShape().width;
        r.threads = std::max(1, q.flags.threads);
        const float* w = q.constant(kernel)->as<float>();  // [C, K, lines, columns]
        const int64_t n = r.n(), maps = r.maps(), window = r.kernel[2] * r.kernel[3];
        std::vector<float> matrix(static_cast<size_t>(r.channels() * n));
        for (int64_t c = 0; c < r.channels(); ++c)
            for (int64_t k = 0; k < maps; ++k)
                for (int64_t at = 0; at < window; ++at)
                    matrix[static_cast<size_t>(c * n + at * maps + k)] =
                        w[(c * maps + k) * window + at];
        std::vector<uint8_t> bytes(packedElements(r.channels(), n, r.width) * sizeof(float));
        packPanels(matrix.data(), n, 1, r.channels(), n, r.width,
                   reinterpret_cast<float*>(bytes.data()));
        return {Blob::own(std::move(bytes)),
                cat("f32 ", r.channels(), "x", n, " panels of ", r.width)};
    }

    Support read(const tactic::Query& q, Record& r, std::vector<int>& consumed) const override {
        const auto* op = q.group().anchorAs<ops::Deconvolution>();
        if (!op) return no("the anchor is not a deconvolution");
        if (q.outputs() != 1 || !allFloat(q)) return no("operands are not all f32");
        ConvolutionOperands operands;
        if (Support s = readOperands(q, operands); !s.ok) return s;
        r.op = *op, r.input = operands.input, r.bias = operands.bias;
        r.kernel = staticValues(q.in(operands.kernel).dims);
        if (r.kernel.size() != 4 || op->groups != 1)
            return no("groups, or not two spatial dimensions");
        if (std::any_of(op->dilation.begin(), op->dilation.end(), [](int64_t d) { return d != 1; }))
            return no("dilation");
        if (r.taps() >= kMostTaps) return no("too many windows meet at a pixel");
        return readChannelEpilogue(q, r.epilogue, r.bias, consumed);
    }
};

}  // namespace

void registerKernel_deconvolution_overlap(tactic::Catalog& catalog) {
    catalog.add(std::make_unique<OverlapFactory>());
}

}  // namespace bireme::cpu
