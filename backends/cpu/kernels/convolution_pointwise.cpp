// SPDX-License-Identifier: Apache-2.0
// Convolution with a window of one element, channels-last: a matrix product over pixels, by our own
// blocks.
#include "backends/cpu/support/convolution_query.h"
#include "backends/cpu/support/factory.h"
#include "backends/cpu/support/record.h"
#include "backends/cpu/support/row_epilogue.h"
#include "base/parallel_for.h"
#include "ops/convolution.h"

namespace bireme::cpu {

using device::Shapes;

namespace {

constexpr const char* kName = "cpu.convolution.pointwise";

struct PointwiseConvolution {
    int input = 0, bias = -1;  // body inputs; -1: none
    int64_t maps = 1, channels = 1;
    std::vector<int64_t> stride;  // per spatial dim
    Epilogue epilogue;
    int width = 16;  // of the packed panels
};

class PixelsBound final : public device::Bound {
public:
    PixelsBound(const PointwiseConvolution& r, const Shapes& s)
        : input_(r.input), epilogue_(r.epilogue, r.bias, r.maps, s), threads_(maxThreads()) {
        const auto &x = s.inputs[static_cast<size_t>(r.input)].dims, &y = s.outputs[0].dims;
        problem_.m = product(y) / std::max<int64_t>(1, r.maps);
        problem_.n = problem_.ldc = r.maps;
        problem_.k = problem_.lda = r.channels;
        findRows(r, x, y);
        if (r.width != gemmShape().width)
            repacked_ = repackPanels(static_cast<const float*>(s.constants.at(0)), r.channels,
                                     r.maps, r.width);
    }

    Status enqueue(device::Stream&, const device::Launch& launch) noexcept override {
        GemmProblem p = problem_;
        p.a = static_cast<const float*>(launch.inputs[input_]);
        p.rows = rows_.empty() ? nullptr : rows_.data();
        p.packed =
            repacked_.empty() ? static_cast<const float*>(launch.constants[0]) : repacked_.data();
        p.c = static_cast<float*>(launch.outputs[0]);
        epilogue_.begin(launch, p);
        gemm(p, threads_);
        return Status::success();
    }
    std::string implementation() const override {
        return cat("blocks of ", gemmShape().height, " x ", gemmShape().width);
    }

private:
    // With strides, pixels are picked one by one.
    void findRows(const PointwiseConvolution& r, const std::vector<int64_t>& x,
                  const std::vector<int64_t>& y) {
        if (product(r.stride) == 1) return;
        rows_.reserve(static_cast<size_t>(problem_.m));
        std::vector<int64_t> at(y.begin() + 2, y.end()), index(at.size(), 0);
        for (int64_t n = 0; n < y[0]; ++n)
            for (int64_t i = 0, count = problem_.m / std::max<int64_t>(1, y[0]); i < count; ++i) {
                int64_t pixel = n, rest = i;
                for (size_t d = index.size(); d-- > 0; rest /= at[d]) index[d] = rest % at[d];
                for (size_t d = 0; d < index.size(); ++d)
                    pixel = pixel * x[d + 2] + index[d] * r.stride[d];
                rows_.push_back(pixel * r.channels);
            }
    }

    int input_;
    RowEpilogue epilogue_;
    int threads_;
    GemmProblem problem_;
    std::vector<int64_t> rows_;
    std::vector<float> repacked_;
};

class PixelsKernel final : public device::Kernel {
public:
    explicit PixelsKernel(PointwiseConvolution r) : r_(std::move(r)) {}
    size_t workspaceBound(const Shapes&, const Shapes&, const Shapes&) const override { return 0; }
    std::unique_ptr<device::Bound> bind(const Shapes& shapes,
                                        device::ContextState&) const override {
        return std::make_unique<PixelsBound>(r_, shapes);
    }
    void save(ByteWriter& out) const override {
        putInts(out, {r_.input, r_.bias, r_.maps, r_.channels, r_.width});
        putInts(out, r_.stride);
        r_.epilogue.save(out);
    }

private:
    PointwiseConvolution r_;
};

class PixelsFactory final : public tactic::KernelFactory {
public:
    std::string_view name() const override { return kName; }

    Support supports(const tactic::Query& q) const override {
        PointwiseConvolution r;
        std::vector<int> consumed;
        return read(q, r, consumed);
    }

    void formats(const tactic::Query& q, tactic::FormatList& out) const override {
        out.push_back(convolutionCombination(q));
    }

    tactic::Created create(const tactic::Query& q, const tactic::Tactic&) const override {
        PointwiseConvolution r;
        tactic::Created made;
        Support s = read(q, r, made.consumed);
        if (!s.ok) fail(ErrorCode::kUNSUPPORTED_STATE, s.why);
        int kernel = q.group().anchorInput(1);
        r.width = gemmShape().width;
        std::vector<uint8_t> bytes(packedElements(r.channels, r.maps, r.width) * sizeof(float));
        packPanels(q.constant(kernel)->as<float>(), 1, r.channels, r.channels, r.maps, r.width,
                   reinterpret_cast<float*>(bytes.data()));
        made.constants.push_back({Blob::own(std::move(bytes)),
                                  cat("f32 ", r.channels, "x", r.maps, " Ba", r.width, "b")});
        made.consumed.push_back(kernel);
        made.kernel = std::make_unique<PixelsKernel>(std::move(r));
        return made;
    }

    std::unique_ptr<device::Kernel> load(ByteReader& in, device::Device&) const override {
        PointwiseConvolution r;
        auto v = getInts(in);
        if (v.size() != 5 || v[2] < 1 || v[3] < 1 || v[4] < 1 || v[4] > 1024)
            in.corrupt("a convolution has five numbers");
        r.input = static_cast<int>(v[0]), r.bias = static_cast<int>(v[1]);
        r.maps = v[2], r.channels = v[3], r.width = static_cast<int>(v[4]);
        r.stride = getInts(in);
        r.epilogue = Epilogue::load(in);
        return std::make_unique<PixelsKernel>(std::move(r));
    }

private:
    static Support read(const tactic::Query& q, PointwiseConvolution& r,
                        std::vector<int>& consumed) {
        const auto* op = q.group().anchorAs<ops::Convolution>();
        if (!op) return no("the anchor is not a convolution");
        if (q.outputs() != 1 || !allFloat(q))
            return no("not one output of f32 from operands of f32");
        r.input = q.group().anchorInput(0);
        int kernel = q.group().anchorInput(1);
        if (r.input < 0) return no("the input is computed inside the group");
        if (kernel < 0 || !q.constant(kernel)) return no("the kernel is not constant");
        auto w = staticValues(q.in(kernel).dims);
        r.maps = w[0], r.channels = w[1];
        if (op->groups != 1 || product(w) != r.maps * r.channels) return no("a window or groups");
        for (const auto* pad : {&op->prePadding, &op->postPadding})
            for (int64_t p : *pad)
                if (p) return no("padding");
        r.stride.assign(w.size() - 2, 1);
        for (size_t d = 0; d < op->stride.size(); ++d) r.stride[d] = op->stride[d];
        if (product(r.stride) != 1 && op->paddingMode == PaddingMode::kEXPLICIT_ROUND_UP)
            return no("padding");
        r.bias = q.group().anchorInput(2);
        const auto& operands = q.group().anchor()->inputs;
        if (operands.size() > 2 && operands[2] != ir::kNoValue && r.bias < 0)
            return no("the bias is computed inside the group");
        if (Support s = readEpilogue(q, r.epilogue, &consumed); !s.ok) return s;
        if (r.bias < 0) r.bias = takeBias(q, r.epilogue);
        for (const EpilogueStep& s : r.epilogue.steps) {
            if (s.other < 0) continue;
            const DimVector &d = q.in(s.other).dims, &to = q.out(0).dims;
            if (!(d == to) && !isPerChannel(d, to, 1))
                return no("an operand of the epilogue is neither full-sized nor per channel");
        }
        return rowEpilogueSupport(r.epilogue);
    }
};

}  // namespace

void registerKernel_convolution_pointwise(tactic::Catalog& catalog) {
    catalog.add(std::make_unique<PixelsFactory>());
}

}  // namespace bireme::cpu
