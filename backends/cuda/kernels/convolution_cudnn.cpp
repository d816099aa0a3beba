// SPDX-License-Identifier: Apache-2.0
// Convolution and deconvolution by cuDNN's fused graphs, channels-last, weights packed once.
#include "backends/cuda/cudnn/convolution.h"
#include "backends/cuda/cudnn/graph.h"
#include "backends/cuda/device.h"
#include "backends/cuda/driver/cudnn_api.h"
#include "backends/cuda/support/pack.h"
#include "base/text.h"
#include "tactic/catalog.h"

#include <algorithm>
#include <map>

namespace bireme::cuda {

using device::Shapes;
using dnn::BuiltPlan;
using dnn::Convolution;
using dnn::GraphSpec;

namespace {

constexpr size_t kShippedTactics = 6, kCompiledTactics = 2;

std::string keyOf(const GraphSpec& spec) {
    ByteWriter w;
    spec.save(w);
    return {w.bytes().begin(), w.bytes().end()};
}

struct Answer {
    std::vector<dnn::Engine> engines;
    std::string why;  // there is none
};

// cuDNN's answers for a graph; asking costs milliseconds, and fusion asks about the same graphs
// again and again.
Answer enginesOf(const GraphSpec& spec, CudaDevice& device) {
    static std::mutex mutex;
    static auto* known = new std::map<std::string, Answer>;
    std::string key = cat(device.properties().index, " ", keyOf(spec));
    {
        std::lock_guard lock(mutex);
        if (auto it = known->find(key); it != known->end()) return it->second;
    }
    Answer answer{{}, "cuDNN has no engine for the group"};
    try {
        dnn::BuilderHandle handle(device);
        answer.engines = dnn::enginesFor(spec, handle.get());
    } catch (const Error& e) {
        answer.why = e.message();
    }
    std::lock_guard lock(mutex);
    if (known->size() > 4096) known->clear();
    return (*known)[key] = answer;
}

// A plan costs up to seconds of compiling and is asked for again: while it is prepared, timed and
// written.
BuiltPlan planOf(const GraphSpec& spec, const std::string& engine, CudaDevice& device) {
    static std::mutex mutex;
    static auto* known = new std::map<std::string, BuiltPlan>;
    std::string key = cat(device.properties().index, " ", engine, " ", keyOf(spec));
    {
        std::lock_guard lock(mutex);
        if (auto it = known->find(key); it != known->end()) return it->second;
    }
    dnn::BuilderHandle handle(device);
    BuiltPlan plan = dnn::buildPlan(spec, engine, handle.get());
    std::lock_guard lock(mutex);
    if (known->size() > 2048) known->clear();
    return (*known)[key] = plan;
}

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

// What one engine file holds of the kernel.
struct Record {
    Convolution convolution;
    std::string tunedFor;  // keyOf the spec that `plan` is for
    BuiltPlan plan;
    uint64_t version = 0;  // of the cuDNN that made it
    size_t workspace = 0;  // for every shape within the profile
};

class ConvolutionKernel final : public device::Kernel {
public:
    ConvolutionKernel(Record r, CudaDevice& device) : r_(std::move(r)), device_(device) {}

    size_t workspaceBound(const Shapes&, const Shapes&, const Shapes&) const override {
        return r_.workspace;
    }

    void save(ByteWriter& out) const override {
        r_.convolution.save(out);
        out.string(r_.tunedFor);
        out.string(r_.plan.engine);
        out.string(r_.plan.bytes);
        out.varint(r_.plan.workspace);
        out.varint(r_.version);
        out.varint(r_.workspace);
    }

    std::unique_ptr<device::Bound> bind(const Shapes& shapes,
                                        device::ContextState& context) const override {
        dnn::Graph g = r_.convolution.graph(shapes);
        std::lock_guard lock(mutex_);
        Loaded& plan = plans_[keyOf(g.spec)];
        if (!plan.plan) plan = load(g.spec, context.log);
        return std::make_unique<dnn::PlanBound>(plan.plan, plan.engine, std::move(g.sources));
    }

private:
    struct Loaded {
        std::shared_ptr<const dnn::Plan> plan;
        std::string engine;
    };

    Loaded load(const GraphSpec& spec, const Log& log) const {
        dnn::BuilderHandle handle(device_);
        bool tuned = keyOf(spec) == r_.tunedFor;
        if (tuned && r_.version == cudnn().cudnnGetVersion()) try {
                return {std::make_shared<dnn::Plan>(r_.plan.bytes, handle.get()), r_.plan.engine};
            } catch (const Error& e) {
                log.warning("cuDNN does not take its own plan back (", e.message(),
                            "): the plan is made again");
            }
        BuiltPlan made = again(spec, handle.get());
        return {std::make_shared<dnn::Plan>(made.bytes, handle.get()), made.engine};
    }

    // The engine that was fastest for the tuned shape, if it takes this one; else the first.
    BuiltPlan again(const GraphSpec& spec, cudnnHandle_t handle) const {
        try {
            BuiltPlan p = dnn::buildPlan(spec, r_.plan.engine, handle);
            if (p.workspace <= r_.workspace) return p;
        } catch (const Error&) {
            // another version, or a shape that the engine does not take
        }
        return dnn::buildFirstPlan(spec, r_.workspace, handle);
    }

    Record r_;
    CudaDevice& device_;
    mutable std::mutex mutex_;
    mutable std::map<std::string, Loaded> plans_;
};

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
            if (Answer a = answerAt(q, c); a.engines.empty()) return no(a.why);
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
        Record r;
        r.convolution = read(q);
        auto& device = static_cast<CudaDevice&>(q.device());
        GraphSpec spec = r.convolution.graph(q.shapes(ir::GroupShape::opt)).spec;
        r.plan = planOf(spec, t.parameters, device);
        r.workspace = workspaceOf(q, r, device);
        r.tunedFor = keyOf(spec);
        r.version = cudnn().cudnnGetVersion();
        tactic::Created made;
        const Convolution& c = r.convolution;
        made.constants.push_back(
            {Blob::own(packChannelsLast(q.constant(c.weights)->data(),
                                        static_cast<size_t>(bits(c.type)) / 8, c.kernel, c.padded)),
             cat("channels last, padded to ", c.padded)});
        made.consumed.push_back(c.weights);
        made.kernel = std::make_unique<ConvolutionKernel>(std::move(r), device);
        return made;
    }

    std::unique_ptr<device::Kernel> load(ByteReader& in, device::Device& device) const override {
        Record r;
        r.convolution = Convolution::load(in);
        r.tunedFor = in.string();
        r.plan.engine = in.string();
        r.plan.bytes = in.string();
        r.plan.workspace = in.varint();
        r.version = in.varint();
        r.workspace = in.varint();
        return std::make_unique<ConvolutionKernel>(std::move(r), static_cast<CudaDevice&>(device));
    }

private:
    static Answer answerAt(const tactic::Query& q, const Convolution& c) {
        GraphSpec spec = c.graph(q.shapes(ir::GroupShape::opt)).spec;
        return enginesOf(spec, static_cast<CudaDevice&>(q.device()));
    }

    // With the formats that were chosen.
    static Convolution read(const tactic::Query& q) {
        Convolution c;
        if (Support s = dnn::readConvolution(q, c); !s.ok)
            fail(ErrorCode::kUNSUPPORTED_STATE, s.why);
        if (!q.in(c.input).format.inner.empty()) c.padded = dnn::paddedChannels(c);
        return c;
    }

    static size_t workspaceOf(const tactic::Query& q, const Record& r, CudaDevice& device) {
        size_t most = r.plan.workspace;
        if (q.isStatic()) return most;
        dnn::BuilderHandle handle(device);
        for (auto which : {ir::GroupShape::min, ir::GroupShape::max}) {
            GraphSpec spec = r.convolution.graph(q.shapes(which)).spec;
            most = std::max(most, dnn::buildFirstPlan(spec, SIZE_MAX, handle.get()).workspace);
        }
        return most;
    }
};

}  // namespace

void registerKernel_convolution_cudnn(tactic::Catalog& catalog) {
    catalog.add(std::make_unique<ConvolutionFactory>());
}

}  // namespace bireme::cuda
