// SPDX-License-Identifier: Apache-2.0
// Convolution and deconvolution by cuDNN's fused graphs, channels-last, weights packed once.
#include "backends/cuda/cudnn/convolution.h"
#include "backends/cuda/cudnn/planned_kernel.h"
#include "backends/cuda/support/pack.h"
#include "base/text.h"
#include "tactic/catalog.h"

#include <algorithm>

namespace bireme::cuda {

using dnn::Convolution;
using dnn::GraphSpec;
using Planned = dnn::Planned<Convolution>;
using Kernel = dnn::PlannedKernel<Convolution>;

namespace {

constexpr size_t kShippedTactics = 6, kCompiledTactics = 2;

// Groups that kernels of our own do far better, and that cuDNN compiles for seconds: depthwise
// convolutions of lines and planes, and products of few rows.
bool leftToOthers(const tactic::Query& q, const Convolution& c) {
    if (c.anchor != dnn::Anchor::convolution || c.kernel.size() > 4) return false;
    for (const ChainStep& s : c.steps)
        if (s.input >= 0 && !(q.in(s.input).dims == q.out(0).dims)) return false;
    int64_t window = 1;
    for (size_t i = 2; i < c.kernel.size(); ++i) window *= c.kernel[i];
    if (c.op.groups > 1 && c.kernel[0] == c.op.groups && c.kernel[1] == 1) return window <= 121;
    auto y = q.dimsAt(q.out(0), ir::GroupShape::opt);
    bool pixel = std::all_of(y.begin() + 2, y.end(), [](int64_t d) { return d == 1; });
    return c.op.groups == 1 && window == 1 && pixel && y[0] <= 16 && c.kernel[1] <= 2048 &&
           q.isStatic();
}

class ConvolutionFactory final : public tactic::KernelFactory {
public:
    std::string_view name() const override { return "cuda.convolution.cudnn"; }

    Support supports(const tactic::Query& q) const override {
        if (!dynamic_cast<CudaDevice*>(&q.device())) return no("the device is not a GPU");
        Convolution c;
        if (Support s = dnn::readConvolution(q, c); !s.ok) return s;
        if (leftToOthers(q, c)) return no("kernels of our own are made for such groups");
        if (!cudnn().library.handle()) return no(cat("cuDNN is missing: ", cudnn().library.why()));
        try {
            if (dnn::Answer a = answerAt(q, c); a.engines.empty()) return no(a.why);
        } catch (const Error& e) {
            return no(e.message());
        }
        return tactic::yes();
    }

    void formats(const tactic::Query& q, tactic::FormatList& out) const override {
        Convolution c;
        dnn::readConvolution(q, c);
        tactic::Combination plain = channelsLastCombination(q);
        for (int i : {c.weights, c.bias})
            if (i >= 0) plain.inputs[static_cast<size_t>(i)].format = Format::linear();
        out.push_back(plain);
        if (int64_t padded = dnn::paddedChannels(c)) {
            plain.inputs[static_cast<size_t>(c.input)].format =
                dnn::paddedFormat(q.in(c.input).rank(), padded);
            out.push_back(plain);
        }
    }

    void tactics(const tactic::Query& q, tactic::TacticList& out) const override {
        Convolution c = read(q);
        // The guess is poor for few channels: the first layer tries more.
        size_t shipped = 0, compiled = 0;
        size_t factor = q.flags.level >= 5 ? 100 : c.kernel[1] < 8 && c.op.groups == 1 ? 6 : 1;
        for (const auto& e : answerAt(q, c).engines) {
            size_t& count = e.compiled ? compiled : shipped;
            size_t most = (e.compiled ? kCompiledTactics : kShippedTactics) * factor;
            if (count++ < most) out.push_back({std::string(name()), e.name});
        }
    }

    tactic::Created create(const tactic::Query& q, const tactic::Tactic& t) const override {
        auto& device = static_cast<CudaDevice&>(q.device());
        Planned r = Planned::make(read(q), q, t.parameters, device);
        tactic::Created made;
        const Convolution& c = r.recipe;
        made.constants.push_back(
            {Blob::own(packChannelsLast(q.constant(c.weights)->data(),
                                        static_cast<size_t>(bits(c.type)) / 8, c.kernel, c.padded)),
             channelsLastLayout(c.type, c.kernel, c.padded)});
        made.consumed.push_back(c.weights);
        made.kernel = std::make_unique<Kernel>(std::move(r), device);
        return made;
    }

    std::unique_ptr<device::Kernel> load(ByteReader& in, device::Device& device) const override {
        return std::make_unique<Kernel>(Planned::load(in), static_cast<CudaDevice&>(device));
    }

private:
    static dnn::Answer answerAt(const tactic::Query& q, const Convolution& c) {
        GraphSpec spec = c.graph(q.shapes(ir::GroupShape::opt)).spec;
        return dnn::enginesOf(spec, static_cast<CudaDevice&>(q.device()));
    }

    // With the formats that were chosen.
    static Convolution read(const tactic::Query& q) {
        Convolution c;
        if (Support s = dnn::readConvolution(q, c); !s.ok)
            fail(ErrorCode::kUNSUPPORTED_STATE, s.why);
        if (!q.in(c.input).format.inner.empty()) c.padded = dnn::paddedChannels(c);
        return c;
    }
};

}  // namespace

void registerKernel_convolution_cudnn(tactic::Catalog& catalog) {
    catalog.add(std::make_unique<ConvolutionFactory>());
}

}  // namespace bireme::cuda
