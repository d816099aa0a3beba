// SPDX-License-Identifier: Apache-2.0
// Convolution by oneDNN, weights packed once, bias and epilogue inside the primitive.
#include "backends/cpu/onednn/bound.h"
#include "backends/cpu/onednn/desc.h"
#include "backends/cpu/onednn/post_ops.h"
#include "backends/cpu/support/attributes.h"
#include "backends/cpu/support/factory.h"
#include "backends/cpu/support/record.h"
#include "base/parallel_for.h"
#include "ops/convolution.h"
#include "ops/support/sliding_window.h"
#include "tensor/blob.h"

#include <algorithm>

namespace bireme::cpu {

using device::Shapes;
using dnnl::memory;

namespace {

constexpr const char* kName = "cpu.convolution.onednn";

// What is known of a convolution without its shapes.
struct ConvolutionRecord {
    ops::Convolution op;
    std::vector<int64_t> kernel;  // [K, C/groups, window...]
    int input = 0, bias = -1;     // body inputs; -1: none
    bool channelsLast = true;
    Epilogue epilogue;
    std::string layout;  // of the packed weights
    size_t workspace = 0;

    void save(ByteWriter& out) const {
        putAttributes(out, op);
        putInts(out, kernel);
        putInt(out, input);
        putInt(out, bias);
        out.put<uint8_t>(channelsLast);
        epilogue.save(out);
        out.string(layout);
        out.varint(workspace);
    }
    static ConvolutionRecord load(ByteReader& in) {
        ConvolutionRecord r;
        r.op = getAttributes<ops::Convolution>(in);
        r.kernel = getInts(in);
        r.input = static_cast<int>(getInt(in));
        r.bias = static_cast<int>(getInt(in));
        r.channelsLast = in.get<uint8_t>() != 0;
        r.epilogue = Epilogue::load(in);
        r.layout = in.string();
        r.workspace = in.varint();
        return r;
    }
};

// Spatial dims of rank 1 become rank 2: the library's 2-D code is the better one.
std::vector<int64_t> planar(std::vector<int64_t> dims) {
    if (dims.size() == 3) dims.insert(dims.begin() + 2, 1);
    return dims;
}

memory::desc activationDesc(const ConvolutionRecord& r, const std::vector<int64_t>& dims) {
    auto d = planar(dims);
    Format f = r.channelsLast ? Format::channelsLast(static_cast<int>(d.size())) : Format::linear();
    return descOf(DataType::kFLOAT, d, f);
}

memory::desc plainWeights(const ConvolutionRecord& r) {
    auto d = planar(r.kernel);
    if (r.op.groups > 1) {
        d[0] /= r.op.groups;
        d.insert(d.begin(), r.op.groups);
    }
    return descOf(DataType::kFLOAT, d, Format::linear());
}

struct OperandContext {
    const ConvolutionRecord* record;
    const Shapes* shapes;
};

memory::desc operandDesc(const void* context, const EpilogueStep& step) {
    const auto& c = *static_cast<const OperandContext*>(context);
    size_t rank = c.shapes->outputs[0].dims.size();
    return activationDesc(
        *c.record, alignedDims(c.shapes->inputs[static_cast<size_t>(step.other)].dims, rank));
}

using Primitive = dnnl::convolution_forward::primitive_desc;

Primitive describe(const ConvolutionRecord& r, const Shapes& shapes, const memory::desc& weights,
                   const dnnl::primitive_attr& attributes) {
    const auto &x = shapes.inputs[static_cast<size_t>(r.input)].dims, &y = shapes.outputs[0].dims;
    ops::WindowGrid g(ops::convolutionAxes(ops::WindowAttributes::of(r.op),
                                           ops::spatialDims(toDims(x)),
                                           ops::spatialDims(toDims(r.kernel))));
    size_t spatial = planar(x).size() - 2;
    memory::dims stride, dilation, before, after;
    for (size_t d = 3 - spatial; d < 3; ++d) {
        stride.push_back(g.stride[d]);
        dilation.push_back(g.dilation[d] - 1);
        before.push_back(g.before[d]);
        int64_t reach = (g.window[d] - 1) * g.dilation[d] + 1;
        after.push_back((g.output[d] - 1) * g.stride[d] + reach - g.input[d] -
                        g.before[d]);  // just what is read
    }
    memory::desc bias =
        r.bias >= 0 ? memory::desc({r.kernel[0]}, memory::data_type::f32, memory::format_tag::a)
                    : memory::desc();
    return guarded("convolution", [&] {
        return Primitive(dnnlEngine(), dnnl::prop_kind::forward_inference,
                         dnnl::algorithm::convolution_direct, activationDesc(r, x), weights, bias,
                         activationDesc(r, y), stride, dilation, before, after, attributes);
    });
}

memory::desc anyLayout(const memory::desc& plain) {
    return memory::desc(plain.get_dims(), plain.get_data_type(), memory::format_tag::any);
}

class ConvolutionKernel final : public device::Kernel {
public:
    explicit ConvolutionKernel(ConvolutionRecord r) : r_(std::move(r)) {}

    size_t workspaceBound(const Shapes&, const Shapes&, const Shapes&) const override {
        return r_.workspace;
    }
    void save(ByteWriter& out) const override { r_.save(out); }

    std::unique_ptr<device::Bound> bind(const Shapes& shapes,
                                        device::ContextState& context) const override {
        OperandContext operands{&r_, &shapes};
        PostOps post(r_.epilogue, operandDesc, &operands);
        memory::desc packed = parseLayout(r_.layout);
        Primitive pd;
        bool fits = true;
        try {
            pd = describe(r_, shapes, packed, post.attributes());
            fits = !isReference(pd.impl_info_str());
        } catch (const Error&) {
            fits = false;
        }
        if (!fits) pd = describe(r_, shapes, anyLayout(packed), post.attributes());
        if (isReference(pd.impl_info_str()))
            fail(ErrorCode::kUNSUPPORTED_STATE,
                 "oneDNN has only a reference implementation of this convolution");
        auto bound = guarded("convolution", [&] {
            return std::make_unique<PrimitiveBound>(dnnl::convolution_forward(pd),
                                                    pd.impl_info_str());
        });
        Execution& e = bound->execution;
        e.add(DNNL_ARG_SRC, pd.src_desc(), ArgSource::input(r_.input));
        if (fits)
            e.add(DNNL_ARG_WEIGHTS, packed, ArgSource::constant(0));
        else
            e.add(DNNL_ARG_WEIGHTS, pd.weights_desc(),
                  ArgSource::memory(repack(packed, pd.weights_desc(), shapes, *bound, context)));
        if (r_.bias >= 0) e.add(DNNL_ARG_BIAS, pd.bias_desc(), ArgSource::input(r_.bias));
        e.add(DNNL_ARG_DST, pd.dst_desc(), ArgSource::output(0));
        post.addArguments(e);
        bound->addScratch(pd.scratchpad_desc(), r_.workspace);
        return bound;
    }

private:
    void* repack(const memory::desc& from, const memory::desc& to, const Shapes& shapes,
                 PrimitiveBound& bound, device::ContextState& context) const {
        context.log.info("convolution: weights packed as ", r_.layout, " are packed again as ",
                         layoutText(to), " for this shape");
        void* target = bound.keep(to.get_size());
        reorder(from, shapes.constants.at(0), to, target);
        return target;
    }
    ConvolutionRecord r_;
};

class ConvolutionFactory final : public tactic::KernelFactory {
public:
    std::string_view name() const override { return kName; }

    Support supports(const tactic::Query& q) const override {
        ConvolutionRecord r;
        std::vector<int> consumed;
        return read(q, r, consumed);
    }

    void formats(const tactic::Query& q, tactic::FormatList& out) const override {
        out.push_back(channelsLastCombination(q));
        keepPlain(q, out.back());
        // The library's code for row-major activations knows no full-sized operands after the
        // products.
        ConvolutionRecord r;
        std::vector<int> consumed;
        read(q, r, consumed);
        for (const EpilogueStep& s : r.epilogue.steps)
            if (s.other >= 0 && !isPerChannel(q.in(s.other).dims, q.out(0).dims, 1)) return;
        out.push_back(combination(q));
    }

    tactic::Created create(const tactic::Query& q, const tactic::Tactic&) const override {
        ConvolutionRecord r;
        tactic::Created made;
        Support s = read(q, r, made.consumed);
        if (!s.ok) fail(ErrorCode::kUNSUPPORTED_STATE, s.why);
        r.channelsLast = !q.out(0).format.isLinear();
        ThreadCount threads(q.flags.threads);
        int kernel = q.group().anchorInput(1);
        Shapes shapes = q.shapes(ir::GroupShape::opt);
        OperandContext operands{&r, &shapes};
        PostOps post(r.epilogue, operandDesc, &operands);
        memory::desc plain = plainWeights(r);
        Primitive pd = describe(r, shapes, anyLayout(plain), post.attributes());
        if (isReference(pd.impl_info_str()))
            fail(ErrorCode::kUNSUPPORTED_STATE, "oneDNN has only a reference implementation");
        memory::desc packed = pd.weights_desc();
        r.layout = layoutText(packed);
        if (r.layout.empty()) r.layout = layoutText(packed = plain);
        r.workspace = workspaceOf(q, r, packed, pd);
        std::vector<uint8_t> bytes(packed.get_size());
        reorder(plain, q.constant(kernel)->data(), packed, bytes.data());
        made.constants.push_back({Blob::own(std::move(bytes)), r.layout});
        made.consumed.push_back(kernel);
        made.kernel = std::make_unique<ConvolutionKernel>(std::move(r));
        return made;
    }

    std::unique_ptr<device::Kernel> load(ByteReader& in, device::Device&) const override {
        return std::make_unique<ConvolutionKernel>(ConvolutionRecord::load(in));
    }

private:
    // The kernel and the bias never lie channels-last, whatever their rank.
    static void keepPlain(const tactic::Query& q, tactic::Combination& c) {
        for (int operand : {1, 2})
            if (int i = q.group().anchorInput(operand); i >= 0)
                c.inputs[static_cast<size_t>(i)].format = Format::linear();
    }

    static size_t workspaceOf(const tactic::Query& q, const ConvolutionRecord& r,
                              const memory::desc& packed, const Primitive& opt) {
        size_t most = opt.scratchpad_desc().get_size();
        if (q.isStatic()) return most;
        for (auto which : {ir::GroupShape::min, ir::GroupShape::max}) try {
                Shapes shapes = q.shapes(which);
                OperandContext operands{&r, &shapes};
                PostOps post(r.epilogue, operandDesc, &operands);
                most = std::max(
                    most,
                    describe(r, shapes, packed, post.attributes()).scratchpad_desc().get_size());
            } catch (const Error&) {
                continue;  // bind repacks for that shape and brings its own scratch
            }
        return most;
    }

    static Support read(const tactic::Query& q, ConvolutionRecord& r, std::vector<int>& consumed) {
        const auto* op = q.group().anchorAs<ops::Convolution>();
        if (!op) return no("the anchor is not a convolution");
        if (q.outputs() != 1) return no("more than one output");
        if (!allFloat(q)) return no("not all operands are f32");
        r.op = *op;
        int kernel = q.group().anchorInput(1);
        r.input = q.group().anchorInput(0);
        if (r.input < 0) return no("the input is computed inside the group");
        if (kernel < 0 || !q.constant(kernel)) return no("the kernel is not constant");
        r.kernel = staticValues(q.in(kernel).dims);
        r.bias = q.group().anchorInput(2);
        if (q.group().anchor()->inputs.size() > 2 &&
            q.group().anchor()->inputs[2] != ir::kNoValue && r.bias < 0)
            return no("the bias is computed inside the group");
        if (Support s = readEpilogue(q, r.epilogue, &consumed); !s.ok) return s;
        foldBias(q, r);
        if (Support s = postOpsSupport(r.epilogue); !s.ok) return s;
        for (const EpilogueStep& s : r.epilogue.steps) {
            if (s.other < 0) continue;
            const DimVector &d = q.in(s.other).dims, &to = q.out(0).dims;
            if (!(d == to) && !isPerChannel(d, to, 1))
                return no("an operand of the epilogue is neither full-sized nor per channel");
        }
        return yes();
    }

    // A per-channel constant added right after a convolution without bias is its bias.
    static void foldBias(const tactic::Query& q, ConvolutionRecord& r) {
        if (r.bias >= 0 || r.epilogue.steps.empty()) return;
        const EpilogueStep& s = r.epilogue.steps[0];
        if (s.fn != ops::PointwiseFn::sum || s.other < 0 ||
            !isPerChannel(q.in(s.other).dims, q.out(0).dims, 1))
            return;
        r.bias = s.other;
        r.epilogue.steps.erase(r.epilogue.steps.begin());
    }
};

}  // namespace

void registerKernel_convolution_onednn(tactic::Catalog& catalog) {
    catalog.add(std::make_unique<ConvolutionFactory>());
}

}  // namespace bireme::cpu
