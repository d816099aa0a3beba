// SPDX-License-Identifier: Apache-2.0
// Deconvolution of every channel by itself (as many groups as channels and maps), channels-last, in
// f32 or bf16: a pixel of the result is the sum over the few elements of the window that meet
// there, by vectors of channels.
#include "backends/cpu/simd/convert.h"
#include "backends/cpu/simd/rows.h"
#include "backends/cpu/support/convolution_query.h"
#include "backends/cpu/support/deconvolution_phases.h"
#include "backends/cpu/support/factory.h"
#include "backends/cpu/support/packing_factory.h"
#include "backends/cpu/support/row_epilogue.h"
#include "base/parallel_for.h"

#include <algorithm>
#include <array>
#include <limits>

namespace bireme::cpu {

using device::Shapes;

namespace {

constexpr const char* kName = "cpu.deconvolution.depthwise";
constexpr int64_t kMostTaps = 64;  // what meets at a pixel of the result

struct Record : PhasesRecord {
    bool isEachByItself() const { return op.groups == kernel[0] && kernel[1] == 1; }
    int64_t mostTaps() const { return taps(0, 0) * taps(1, 0) * taps(2, 0); }
    // Rows of sums before they are bf16.
    size_t workspace(const Shapes&, const Shapes& max) const {
        return brain ? static_cast<size_t>(threads * max.outputs[0].dims.back() * kernel[0]) *
                           sizeof(float)
                     : 0;
    }
    static Record load(ByteReader& in) {
        const Record r{PhasesRecord::load(in)};
        if (!r.isEachByItself() || r.mostTaps() > kMostTaps)
            in.corrupt("a deconvolution of each channel has other numbers");
        return r;
    }
};

class PixelsBound final : public device::Bound {
public:
    PixelsBound(const Record& r, const Shapes& s)
        : r_(r),
          epilogue_(r.epilogue, r.bias, r.kernel[0], s),
          grid_(r.grid(s)),
          from_(s.inputs[static_cast<size_t>(r.input)]),
          to_(s.outputs[0]),
          images_(s.outputs[0].dims[0]),
          workspace_(r.workspace(s, s)) {
        for (int64_t i = 0; i < grid_.output[2]; ++i) columns_.push_back(meeting(2, i));
    }

    size_t workspace() const noexcept override { return workspace_; }

    Status enqueue(device::Stream&, const device::Launch& launch) noexcept override {
        GemmProblem end;  // what follows the sums
        epilogue_.begin(launch, end);
        const int64_t perImage = grid_.output[0] * grid_.output[1], rows = images_ * perImage,
                      work = rows * grid_.output[2] * r_.kernel[0] * r_.mostTaps();
        const int64_t parts = std::max<int64_t>(1, std::min({work / 65536, r_.threads, rows}));
        parallelFor(parts, 1, [&](int64_t begin, int64_t last) {
            for (int64_t part = begin; part < last; ++part)
                for (int64_t i = rows * part / parts; i < rows * (part + 1) / parts; ++i) {
                    const Place at{i / perImage, i % perImage / grid_.output[1],
                                   i % grid_.output[1], part};
                    r_.brain ? row<BFloat16>(launch, end, at) : row<float>(launch, end, at);
                }
        });
        return Status::success();
    }
    std::string implementation() const override { return "pixels of vectors of channels"; }

private:
    // The elements of the window that meet at a place of one axis: input `at` by element `element`,
    // the next one a step back and a stride on.
    struct Meeting {
        int64_t at, element, count;
    };
    Meeting meeting(size_t axis, int64_t place) const {
        const int64_t o = place + grid_.before[axis], stride = r_.stride(axis);
        const int64_t last = std::min(o / stride, grid_.input[axis] - 1),
                      element = o - last * stride;
        if (o < 0 || element >= r_.window(axis)) return {0, 0, 0};
        return {last, element, std::min(last + 1, ceilDiv(r_.window(axis) - element, stride))};
    }

    struct Place {  // of a row of the result
        int64_t image, z, y, part;
    };

    template <typename T>
    void row(const device::Launch& launch, const GemmProblem& end, const Place& at) const {
        constexpr float kNone = std::numeric_limits<float>::infinity();
        const float low = end.end.clip ? end.end.low : -kNone,
                    high = end.end.clip ? end.end.high : kNone;
        const int64_t channels = r_.kernel[0], columns = grid_.output[2];
        const Meeting d = meeting(0, at.z), h = meeting(1, at.y);
        const T* x =
            static_cast<const T*>(launch.inputs[r_.input]) + from_.offset + at.image * from_.image;
        T* y = static_cast<T*>(launch.outputs[0]) + to_.offset + at.image * to_.image +
               at.z * to_.plane + at.y * to_.row;
        float* sums;
        int64_t step = channels;
        if constexpr (std::is_same_v<T, float>)
            sums = y, step = to_.pixel;
        else
            sums = static_cast<float*>(launch.workspace) + at.part * columns * channels;
        std::array<const T*, kMostTaps> taps;
        std::array<const float*, kMostTaps> weights;
        for (int64_t i = 0; i < columns; ++i) {
            const Meeting& w = columns_[static_cast<size_t>(i)];
            size_t n = 0;
            for (int64_t a = 0; a < d.count; ++a)
                for (int64_t b = 0; b < h.count; ++b)
                    for (int64_t c = 0; c < w.count; ++c, ++n) {
                        const int64_t element = ((d.element + a * r_.stride(0)) * r_.window(1) +
                                                 h.element + b * r_.stride(1)) *
                                                    r_.window(2) +
                                                w.element + c * r_.stride(2);
                        taps[n] = x + (d.at - a) * from_.plane + (h.at - b) * from_.row +
                                  (w.at - c) * from_.pixel;
                        weights[n] =
                            static_cast<const float*>(launch.constants[0]) + element * channels;
                    }
            rowsOf<T>().mixTapsEach(taps.data(), weights.data(), static_cast<int64_t>(n),
                                    end.end.bias, low, high, sums + i * step, channels);
        }
        if (end.epilogue) end.epilogue->apply(sums, step, 0, columns, 0, channels);
        if constexpr (std::is_same_v<T, BFloat16>)
            brainRowFunctions().finishNarrow({sums, step, columns, channels}, {}, y, to_.pixel);
    }

    Record r_;
    RowEpilogue epilogue_;
    ops::WindowGrid grid_;
    DeconvolutionSteps from_, to_;
    int64_t images_;
    size_t workspace_;
    std::vector<Meeting> columns_;  // by column of the result
};

class PixelsFactory final : public PackingFactory<Record, RecordKernel<Record, PixelsBound>> {
public:
    std::string_view name() const override { return kName; }

    void formats(const tactic::Query& q, tactic::FormatList& out) const override {
        out.push_back(convolutionCombination(q));
        out.back().acceptsViews = true;
    }

private:
    // For every element of the window a row of the channels.
    tactic::PackedConstant pack(const tactic::Query& q, const tactic::Tactic&, int kernel,
                                Record& r) const override {
        const int64_t channels = r.kernel[0], window = r.window(0) * r.window(1) * r.window(2);
        std::vector<float> w(static_cast<size_t>(channels * window));  // [C, 1, window...]
        convertDense(q.in(kernel).type, q.constant(kernel)->data(), DataType::kFLOAT, w.data(),
                     channels * window);
        r.threads = std::max(1, q.flags.threads);
        std::vector<uint8_t> bytes(static_cast<size_t>(channels * window) * sizeof(float));
        auto* to = reinterpret_cast<float*>(bytes.data());
        for (int64_t c = 0; c < channels; ++c)
            for (int64_t k = 0; k < window; ++k)
                to[k * channels + c] = w[static_cast<size_t>(c * window + k)];
        return {Blob::own(std::move(bytes)), cat("f32 ", window, "x", channels)};
    }

    Support read(const tactic::Query& q, Record& r, std::vector<int>& consumed) const override {
        if (Support s = r.read(q, consumed); !s.ok) return s;
        if (!r.isEachByItself()) return no("not a deconvolution of each channel by itself");
        if (r.mostTaps() > kMostTaps) return no("too many windows meet at a pixel");
        return yes();
    }
};

}  // namespace

void registerKernel_deconvolution_depthwise(tactic::Catalog& catalog) {
    catalog.add(std::make_unique<PixelsFactory>());
}

}  // namespace bireme::cpu
