// SPDX-License-Identifier: Apache-2.0
// Convolution of every channel by itself (as many groups as channels and maps) with windows of 3 x
// 3, 5 x 5 or 7 x 7, channels-last; bias and activation while results are in registers.
#include "backends/cpu/simd/convert.h"
#include "backends/cpu/simd/depthwise.h"
#include "backends/cpu/simd/dispatch.h"
#include "backends/cpu/support/convolution_query.h"
#include "backends/cpu/support/factory.h"
#include "backends/cpu/support/packing_factory.h"
#include "backends/cpu/support/record.h"
#include "base/parallel_for.h"
#include "ops/convolution.h"
#include "ops/support/sliding_window.h"
#include "tensor/half.h"

#include <algorithm>
#include <limits>

namespace bireme::cpu {

using device::Shapes;

namespace {

constexpr const char* kName = "cpu.convolution.depthwise";

bool isWindow(int64_t extent) { return extent == 3 || extent == 5 || extent == 7; }

struct Record {
    ops::Convolution op;
    int input = 0, bias = -1, slopes = -1;  // body inputs; -1: none
    int64_t window = 3, stride = 1, channels = 1;
    bool brain = false;
    DepthwiseEnd end = DepthwiseEnd::none;
    float low = 0, high = 0;  // low: the slope of every channel where there are no `slopes`

    Depthwise lines() const {
        Depthwise d;
        d.window = static_cast<int>(window), d.stride = static_cast<int>(stride);
        d.brain = brain, d.channels = channels;
        d.end = end, d.low = low, d.high = high;
        return d;
    }
    size_t workspace(const Shapes&, const Shapes&) const { return 0; }
    void save(ByteWriter& out) const {
        putAttributes(out, op);
        std::vector<int64_t> v{input, bias, window, stride, channels, static_cast<int64_t>(end),
                               brain};
        if (end == DepthwiseEnd::prelu) v.push_back(slopes);
        putInts(out, v);
        out.put(low);
        out.put(high);
    }
    static Record load(ByteReader& in) {
        Record r;
        r.op = getAttributes<ops::Convolution>(in);
        const auto v = getInts(in);
        const bool prelu = v.size() == 8 && v[5] == static_cast<int64_t>(DepthwiseEnd::prelu);
        if ((v.size() != 7 && !prelu) || !isWindow(v[2]) || (v[3] != 1 && v[3] != 2) || v[4] < 1 ||
            v[5] < 0 || (v[5] > static_cast<int64_t>(DepthwiseEnd::hardSwish) && !prelu))
            in.corrupt("a convolution of each channel has seven numbers, with slopes eight");
        r.input = static_cast<int>(v[0]), r.bias = static_cast<int>(v[1]);
        r.window = v[2], r.stride = v[3], r.channels = v[4];
        r.end = static_cast<DepthwiseEnd>(v[5]);
        r.brain = v[6] != 0;
        if (prelu) r.slopes = static_cast<int>(v[7]);
        r.low = in.get<float>();
        r.high = in.get<float>();
        return r;
    }
};

class LinesBound final : public device::Bound {
public:
    LinesBound(const Record& r, const Shapes& s)
        : r_(r), d_(r.lines()), zeros_(static_cast<size_t>(d_.row()), 0.f) {
        capInstructionSets();
        const auto &x = s.inputs[static_cast<size_t>(r.input)], &y = s.outputs[0];
        const ops::WindowGrid g(ops::convolutionAxes(ops::WindowAttributes::of(r.op),
                                                     ops::spatialDims(toDims(x.dims)),
                                                     toDims({r.window, r.window})));
        images_ = x.dims[0], lines_ = y.dims[2];
        d_.height = x.dims[2], d_.width = x.dims[3], d_.outWidth = y.dims[3];
        d_.top = g.before[1], d_.left = g.before[2];
        const auto from = x.format.stridesFor(x.dims), to = y.format.stridesFor(y.dims);
        xImage_ = from[0], d_.xLine = from[2], d_.xPixel = from[3];
        yImage_ = to[0], yLine_ = to[2], d_.yPixel = to[3];
        xOffset_ = x.format.offset, yOffset_ = y.format.offset;
        if (r.bias >= 0) bias_.resize(static_cast<size_t>(d_.row()));
        if (r.end == DepthwiseEnd::prelu) slopes_.assign(zeros_.size(), r.low);
        d_.slopes = slopes_.data();
    }

    Status enqueue(device::Stream&, const device::Launch& launch) noexcept override {
        const DataType type = r_.brain ? DataType::kBF16 : DataType::kFLOAT;
        if (r_.bias >= 0)
            convertTile(type, launch.inputs[r_.bias], DataType::kFLOAT, bias_.data(), r_.channels);
        if (r_.slopes >= 0)
            convertTile(type, launch.inputs[r_.slopes], DataType::kFLOAT, slopes_.data(),
                        r_.channels);
        const int64_t size = r_.brain ? 2 : 4;
        const auto* x = static_cast<const char*>(launch.inputs[r_.input]) + xOffset_ * size;
        auto* y = static_cast<char*>(launch.outputs[0]) + yOffset_ * size;
        const int64_t work = d_.outWidth * r_.channels * r_.window * r_.window;
        parallelFor(images_ * lines_, std::max<int64_t>(1, 65536 / std::max<int64_t>(1, work)),
                    [&](int64_t begin, int64_t end) {
                        for (int64_t i = begin; i < end; ++i) {
                            const int64_t image = i / lines_, line = i % lines_;
                            depthwiseLine(d_, x + image * xImage_ * size, zeros_.data(),
                                          static_cast<const float*>(launch.constants[0]),
                                          r_.bias >= 0 ? bias_.data() : nullptr, line,
                                          y + (image * yImage_ + line * yLine_) * size);
                        }
                    });
        return Status::success();
    }
    std::string implementation() const override { return "lines of vectors of channels"; }

private:
    Record r_;
    Depthwise d_;
    int64_t images_, lines_, xImage_, yImage_, yLine_, xOffset_, yOffset_;
    std::vector<float> zeros_, bias_, slopes_;
};

class LinesFactory final : public PackingFactory<Record, RecordKernel<Record, LinesBound>> {
public:
    std::string_view name() const override { return kName; }

    void formats(const tactic::Query& q, tactic::FormatList& out) const override {
        out.push_back(convolutionCombination(q));
        const Record r = recordOf(q);
        out.back().acceptsViews = r.slopes < 0 || q.constant(r.slopes);
    }

private:
    tactic::PackedConstant pack(const tactic::Query& q, const tactic::Tactic&, int kernel,
                                Record& r) const override {
        const int64_t taps = r.window * r.window, row = r.lines().row();
        std::vector<float> floats(static_cast<size_t>(r.channels * taps));
        convertDense(q.in(kernel).type, q.constant(kernel)->data(), DataType::kFLOAT, floats.data(),
                     static_cast<int64_t>(floats.size()));
        std::vector<uint8_t> bytes(static_cast<size_t>(taps * row) * sizeof(float));
        auto* to = reinterpret_cast<float*>(bytes.data());
        for (int64_t c = 0; c < r.channels; ++c)
            for (int64_t t = 0; t < taps; ++t)
                to[t * row + c] = floats[static_cast<size_t>(c * taps + t)];
        return {Blob::own(std::move(bytes)), cat("f32 ", taps, "x", row)};
    }

    Support read(const tactic::Query& q, Record& r, std::vector<int>& consumed) const override {
        const auto* op = q.group().anchorAs<ops::Convolution>();
        if (!op) return no("the anchor is not a convolution");
        const auto type = onlyType(q);
        if (q.outputs() != 1 || !type || (*type != DataType::kFLOAT && *type != DataType::kBF16))
            return no("not one output of f32 or bf16 from operands of that type");
        if (lacksElements(q)) return no("an operand has no elements");
        r.op = *op;
        r.brain = *type == DataType::kBF16;
        ConvolutionOperands operands;
        if (Support s = readOperands(q, operands); !s.ok) return s;
        r.input = operands.input, r.bias = operands.bias;
        const auto w = staticValues(q.in(operands.kernel).dims);
        if (w.size() != 4 || w[1] != 1 || w[0] != op->groups)
            return no("not a convolution of each channel by itself");
        if (w[2] != w[3] || !isWindow(w[2])) return no("windows other than 3 x 3, 5 x 5, 7 x 7");
        r.channels = w[0], r.window = w[2];
        r.stride = op->stride.empty() ? 1 : op->stride[0];
        for (int64_t s : op->stride)
            if (s != r.stride || s > 2) return no("strides other than 1 or 2");
        if (product(op->dilation) != 1) return no("dilation");
        return readEnd(q, r, consumed);
    }

    static Support readEnd(const tactic::Query& q, Record& r, std::vector<int>& consumed) {
        using F = ops::PointwiseFn;
        Epilogue e;
        if (Support s = readEpilogue(q, e, &consumed); !s.ok) return s;
        if (r.bias < 0) r.bias = takeBias(q, e);
        if (e.steps.empty()) return yes();
        const EpilogueStep& s = e.steps[0];
        const bool prelu = s.fn == F::prelu && s.through == 0;
        if (e.steps.size() > 1 || (!s.unary() && !prelu))
            return no("more than an activation follows");
        r.low = s.alpha, r.high = s.beta;
        if (s.fn == F::relu) {
            r.end = DepthwiseEnd::clip;
            r.low = 0, r.high = std::numeric_limits<float>::infinity();
        } else if (s.fn == F::clip) {
            r.end = DepthwiseEnd::clip;
        } else if (s.fn == F::swish && s.alpha == 1.f) {
            r.end = DepthwiseEnd::swish;
        } else if (s.fn == F::hard_swish) {
            r.end = DepthwiseEnd::hardSwish;
            r.low = 1.f / 6, r.high = 0.5f;
        } else if (s.fn == F::leaky_relu) {
            r.end = DepthwiseEnd::prelu;
        } else if (prelu) {
            if (s.other >= 0 && !isPerChannel(q.in(s.other).dims, q.out(0).dims, 1))
                return no("the slopes of a PReLU are not per channel");
            r.end = DepthwiseEnd::prelu;
            r.low = s.scalar, r.slopes = s.other;
        } else {
            return no(cat(ops::name(s.fn), " has no code in registers"));
        }
        return yes();
    }
};

}  // namespace

void registerKernel_convolution_depthwise(tactic::Catalog& catalog) {
    catalog.add(std::make_unique<LinesFactory>());
}

}  // namespace bireme::cpu
