// SPDX-License-Identifier: Apache-2.0
// Convolution and deconvolution by oneDNN, weights packed once, bias and epilogue inside the
// primitive.
#include "backends/cpu/onednn/bound.h"
#include "backends/cpu/onednn/desc.h"
#include "backends/cpu/onednn/post_ops.h"
#include "backends/cpu/support/convolution_query.h"
#include "backends/cpu/support/factory.h"
#include "backends/cpu/support/isa.h"
#include "backends/cpu/support/packing_factory.h"
#include "backends/cpu/support/record.h"
#include "backends/cpu/support/row_epilogue.h"
#include "base/parallel_for.h"
#include "ops/convolution.h"
#include "ops/deconvolution.h"
#include "ops/support/sliding_window.h"
#include "tensor/blob.h"

#include <algorithm>
#include <string_view>
#include <type_traits>

namespace bireme::cpu {

using device::Shapes;
using dnnl::memory;

namespace {

// What differs between the two.
template <typename Op>
struct Library;

template <>
struct Library<ops::Convolution> {
    using Primitive = dnnl::convolution_forward;
    static constexpr auto kAlgorithm = dnnl::algorithm::convolution_direct;
    static constexpr const char* kName = "cpu.convolution.onednn";
    static constexpr const char* kWhat = "convolution";
    static auto axes(const ops::Convolution& op, const DimVector& x, const DimVector& window) {
        return ops::convolutionAxes(ops::WindowAttributes::of(op), x, window);
    }
    // The kernel is [K, C/groups, window...]; the library wants [groups, K/groups, C/groups,
    // window...].
    static memory::desc weights(const ops::Convolution& op, DataType type, memory::dims d) {
        if (op.groups > 1) {
            d[0] /= op.groups;
            d.insert(d.begin(), op.groups);
        }
        return descOf(type, d, Format::linear());
    }
    static int64_t maps(const ops::Convolution&, const std::vector<int64_t>& kernel) {
        return kernel[0];
    }
    // Padding behind the input, just as much as is read.
    static int64_t after(int64_t input, int64_t output, int64_t stride, int64_t reach,
                         int64_t before) {
        return (output - 1) * stride + reach - input - before;
    }
};

template <>
struct Library<ops::Deconvolution> {
    using Primitive = dnnl::deconvolution_forward;
    static constexpr auto kAlgorithm = dnnl::algorithm::deconvolution_direct;
    static constexpr const char* kName = "cpu.deconvolution.onednn";
    static constexpr const char* kWhat = "deconvolution";
    static auto axes(const ops::Deconvolution& op, const DimVector& x, const DimVector& window) {
        auto a = ops::WindowAttributes::of(op);
        a.outputPadding = &op.outputPadding;
        return ops::deconvolutionAxes(a, x, window);
    }
    // The kernel is [C, K/groups, window...]; the library wants [(groups,) K/groups, C/groups,
    // window...].
    static memory::desc weights(const ops::Deconvolution& op, DataType type, memory::dims d) {
        memory::dims strides = Format::linear().stridesFor(d);
        std::swap(d[0], d[1]);
        std::swap(strides[0], strides[1]);
        if (op.groups > 1) {
            d[1] /= op.groups;
            strides.insert(strides.begin(), d[1] * strides[1]);
            d.insert(d.begin(), op.groups);
        }
        return memory::desc(d, dnnlType(type), strides);
    }
    static int64_t maps(const ops::Deconvolution& op, const std::vector<int64_t>& kernel) {
        return kernel[1] * op.groups;
    }
    static int64_t after(int64_t input, int64_t output, int64_t stride, int64_t reach,
                         int64_t before) {
        return (input - 1) * stride + reach - output - before;
    }
};

// What is known of one without its shapes.
template <typename Op>
struct Record {
    Op op;
    DataType type = DataType::kFLOAT;  // of all operands: f32, or bf16 where the machine has it
    std::vector<int64_t> kernel;       // dims of the weights
    int input = 0, bias = -1;          // body inputs; -1: none
    bool channelsLast = true;
    bool line = false;  // planes have one column, whatever the shape
    Epilogue epilogue;
    std::string layout;  // of the packed weights
    size_t workspace = 0;

    void save(ByteWriter& out) const {
        putAttributes(out, op);
        putInts(out, kernel);
        putInt(out, input);
        putInt(out, bias);
        out.put<uint8_t>(
            static_cast<uint8_t>(channelsLast | line << 1 | (type == DataType::kBF16) << 2));
        epilogue.save(out);
        out.string(layout);
        out.varint(workspace);
    }
    static Record load(ByteReader& in) {
        Record r;
        r.op = getAttributes<Op>(in);
        r.kernel = getInts(in);
        r.input = static_cast<int>(getInt(in));
        r.bias = static_cast<int>(getInt(in));
        auto flags = in.get<uint8_t>();
        r.channelsLast = flags & 1, r.line = flags & 2;
        r.type = flags & 4 ? DataType::kBF16 : DataType::kFLOAT;
        r.epilogue = Epilogue::load(in);
        r.layout = in.string();
        r.workspace = in.varint();
        return r;
    }
};

// Spatial dims of rank 1 become rank 2: the library's 2-D code is the better one. So that it has
// rows to work along, a plane of one column (a "line") becomes one of one row.
std::vector<int64_t> planar(std::vector<int64_t> dims, bool line) {
    if (dims.size() == 3) dims.insert(dims.begin() + 2, 1);
    if (line) std::swap(dims[2], dims[3]);
    return dims;
}

template <typename Op>
memory::desc activationDesc(const Record<Op>& r, const std::vector<int64_t>& dims) {
    auto d = planar(dims, r.line);
    Format f = r.channelsLast ? Format::channelsLast(static_cast<int>(d.size())) : Format::linear();
    return descOf(r.type, d, f);
}

template <typename Op>
struct OperandContext {
    const Record<Op>* record;
    const Shapes* shapes;
};

template <typename Op>
memory::desc operandDesc(const void* context, const EpilogueStep& step) {
    const auto& c = *static_cast<const OperandContext<Op>*>(context);
    size_t rank = c.shapes->outputs[0].dims.size();
    return activationDesc(
        *c.record, alignedDims(c.shapes->inputs[static_cast<size_t>(step.other)].dims, rank));
}

template <typename Op>
using Description = typename Library<Op>::Primitive::primitive_desc;

memory::desc anyLayout(const memory::desc& plain) {
    return memory::desc(plain.get_dims(), plain.get_data_type(), memory::format_tag::any);
}

// oneDNN's strided code for deconvolutions adds the bias and the epilogue once for every block of
// input channels (seen in 3.2.0), where it does not hold them all at once.
template <typename Primitive>
bool repeatsEpilogue(const Primitive& pd) {
    return std::string_view(pd.impl_info_str()).find("brgconv_strided") != std::string_view::npos &&
           std::is_same_v<Primitive, Description<ops::Deconvolution>>;
}

// Deconvolutions by a convolution's code have their epilogue in loops of single elements behind it.
template <typename Primitive>
bool isInLoopsBehind(const Primitive& pd) {
    return std::string_view(pd.impl_info_str()).starts_with("conv:any");
}

// `freeLayouts`: input and output may lie as the library likes.
template <typename Op>
Description<Op> describe(const Record<Op>& r, const Shapes& shapes, const memory::desc& weights,
                         const dnnl::primitive_attr& attributes, bool freeLayouts = false) {
    const auto &x = shapes.inputs[static_cast<size_t>(r.input)].dims, &y = shapes.outputs[0].dims;
    ops::WindowGrid g(
        Library<Op>::axes(r.op, ops::spatialDims(toDims(x)), ops::spatialDims(toDims(r.kernel))));
    size_t spatial = planar(x, false).size() - 2;
    memory::dims stride, dilation, before, after;
    for (size_t d = 3 - spatial; d < 3; ++d) {
        stride.push_back(g.stride[d]);
        dilation.push_back(g.dilation[d] - 1);
        before.push_back(g.before[d]);
        int64_t reach = (g.window[d] - 1) * g.dilation[d] + 1;
        after.push_back(
            Library<Op>::after(g.input[d], g.output[d], g.stride[d], reach, g.before[d]));
    }
    if (r.line)
        for (auto* d : {&stride, &dilation, &before, &after}) std::swap((*d)[0], (*d)[1]);
    memory::desc bias = r.bias >= 0 ? memory::desc({Library<Op>::maps(r.op, r.kernel)},
                                                   dnnlType(r.type), memory::format_tag::a)
                                    : memory::desc();
    memory::desc in = activationDesc(r, x), out = activationDesc(r, y);
    if (freeLayouts) in = anyLayout(in), out = anyLayout(out);
    return guarded(Library<Op>::kWhat, [&] {
        Description<Op> pd(dnnlEngine(), dnnl::prop_kind::forward_inference,
                           Library<Op>::kAlgorithm, in, weights, bias, out, stride, dilation,
                           before, after, attributes);
        const bool plain = r.bias < 0 && r.epilogue.steps.empty();
        while (!plain && repeatsEpilogue(pd) && pd.next_impl()) continue;
        return pd;
    });
}

// What serves a shape: the first of these that the library has good code for. Packed weights and
// the layouts of the graph; weights packed again; input and output reordered too; and, so that a
// built engine runs on every shape of its profile, the library's plain loops.
template <typename Op>
struct Choice {
    Description<Op> pd;
    bool reference = true;
};

template <typename Op>
Choice<Op> choose(const Record<Op>& r, const Shapes& shapes, const memory::desc& packed,
                  const dnnl::primitive_attr& attributes) {
    Choice<Op> found;
    const memory::desc any = anyLayout(packed);
    for (auto [weights, freeLayouts] : {std::pair(&packed, false), {&any, false}, {&any, true}})
        try {
            Description<Op> pd = describe(r, shapes, *weights, attributes, freeLayouts);
            found.reference = isReference(pd.impl_info_str());
            if (!found.reference || !found.pd) found.pd = pd;
            if (!found.reference) return found;
        } catch (const Error&) {
            continue;  // the library has nothing at all for these layouts
        }
    if (!found.pd)
        fail(ErrorCode::kUNSUPPORTED_STATE,
             cat("oneDNN has no implementation of this ", Library<Op>::kWhat));
    return found;
}

template <typename Op>
class ConvolutionKernel final : public device::Kernel {
public:
    explicit ConvolutionKernel(Record<Op> r) : r_(std::move(r)) {}

    size_t workspaceBound(const Shapes&, const Shapes&, const Shapes&) const override {
        return r_.workspace;
    }
    void save(ByteWriter& out) const override { r_.save(out); }

    std::unique_ptr<device::Bound> bind(const Shapes& shapes,
                                        device::ContextState& context) const override {
        OperandContext<Op> operands{&r_, &shapes};
        PostOps post(r_.epilogue, operandDesc<Op>, &operands);
        memory::desc packed = parseLayout(r_.layout);
        auto [pd, reference] = choose(r_, shapes, packed, post.attributes());
        if (reference)
            context.log.warning(Library<Op>::kWhat, ": oneDNN runs the shape ",
                                dimsText(shapes.inputs[static_cast<size_t>(r_.input)].dims),
                                " by its slow reference implementation");
        auto bound = guarded(Library<Op>::kWhat, [&pd = pd] {
            return std::make_unique<PrimitiveBound>(typename Library<Op>::Primitive(pd),
                                                    pd.impl_info_str());
        });
        Execution& e = bound->execution;
        bound->addReordered(DNNL_ARG_SRC,
                            activationDesc(r_, shapes.inputs[static_cast<size_t>(r_.input)].dims),
                            pd.src_desc(), ArgSource::input(r_.input));
        if (pd.weights_desc() == packed)
            e.add(DNNL_ARG_WEIGHTS, packed, ArgSource::constant(0));
        else
            e.add(DNNL_ARG_WEIGHTS, pd.weights_desc(),
                  ArgSource::memory(repack(packed, pd.weights_desc(), shapes, *bound, context)));
        if (r_.bias >= 0) e.add(DNNL_ARG_BIAS, pd.bias_desc(), ArgSource::input(r_.bias));
        bound->addReordered(DNNL_ARG_DST, activationDesc(r_, shapes.outputs[0].dims), pd.dst_desc(),
                            ArgSource::output(0));
        post.addArguments(*bound);
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
    Record<Op> r_;
};

template <typename Op>
class ConvolutionFactory final : public PackingFactory<Record<Op>, ConvolutionKernel<Op>> {
public:
    std::string_view name() const override { return Library<Op>::kName; }

    Support supports(const tactic::Query& q) const override {
        Record<Op> r;
        std::vector<int> consumed;
        if (Support s = read(q, r, consumed); !s.ok) return s;
        // Before AVX2 the library's code takes fewer forms of a residual than are told apart here;
        // slopes are not a matter of course anywhere, nor is anything behind a deconvolution.
        const bool follows = std::is_same_v<Op, ops::Deconvolution> && !r.epilogue.steps.empty();
        if (!hasSlopes(r.epilogue) && !follows &&
            (kernelIsa() >= Isa::avx2 || hasNoOperands(r.epilogue) || q.out(0).rank() <= 3))
            return yes();
        try {
            const Description<Op> pd = atOptimum(q, r);
            if (follows && isInLoopsBehind(pd))
                return no("oneDNN has slow loops for what follows this deconvolution");
            return isReference(pd.impl_info_str()) ? no(kOnlyReference) : yes();
        } catch (const Error& e) {
            return no(e.what());
        }
    }

    void formats(const tactic::Query& q, tactic::FormatList& out) const override {
        out.push_back(convolutionCombination(q));
        // Row-major code is slower wherever there is more than a line of pixels, and knows no
        // full-sized operands after the products.
        if (q.out(0).rank() > 3) return;
        const Record<Op> r = this->recordOf(q);
        for (const EpilogueStep& s : r.epilogue.steps)
            if (s.other >= 0 && !isPerChannel(q.in(s.other).dims, q.out(0).dims, 1)) return;
        out.push_back(combination(q));
    }

private:
    tactic::PackedConstant pack(const tactic::Query& q, const tactic::Tactic&, int kernel,
                                Record<Op>& r) const override {
        r.channelsLast = !q.out(0).format.isLinear();
        ThreadCount threads(q.flags.threads);
        const memory::desc plain = plainWeights(r);
        Description<Op> pd = atOptimum(q, r);
        if (isReference(pd.impl_info_str())) fail(ErrorCode::kUNSUPPORTED_STATE, kOnlyReference);
        memory::desc packed = pd.weights_desc();
        r.layout = layoutText(packed);
        if (r.layout.empty()) r.layout = layoutText(packed = plain);
        r.workspace = workspaceOf(q, r, packed, pd);
        std::vector<uint8_t> bytes(packed.get_size());
        reorder(plain, q.constant(kernel)->data(), packed, bytes.data());
        return {Blob::own(std::move(bytes)), r.layout};
    }

    static constexpr const char* kOnlyReference = "oneDNN has only a reference implementation";

    static memory::desc plainWeights(const Record<Op>& r) {
        return Library<Op>::weights(r.op, r.type, planar(r.kernel, r.line));
    }
    // With weights as the library likes them.
    static Description<Op> atOptimum(const tactic::Query& q, const Record<Op>& r) {
        Shapes shapes = q.shapes(ir::GroupShape::opt);
        OperandContext<Op> operands{&r, &shapes};
        PostOps post(r.epilogue, operandDesc<Op>, &operands);
        return describe(r, shapes, anyLayout(plainWeights(r)), post.attributes());
    }

    static size_t workspaceOf(const tactic::Query& q, const Record<Op>& r,
                              const memory::desc& packed, const Description<Op>& opt) {
        size_t most = opt.scratchpad_desc().get_size();
        if (q.isStatic()) return most;
        for (auto which : {ir::GroupShape::min, ir::GroupShape::max}) try {
                Shapes shapes = q.shapes(which);
                OperandContext<Op> operands{&r, &shapes};
                PostOps post(r.epilogue, operandDesc<Op>, &operands);
                most = std::max(
                    most,
                    describe(r, shapes, packed, post.attributes()).scratchpad_desc().get_size());
            } catch (const Error&) {
                continue;  // bind repacks for that shape and brings its own scratch
            }
        return most;
    }

    Support read(const tactic::Query& q, Record<Op>& r, std::vector<int>& consumed) const override {
        const auto* op = q.group().anchorAs<Op>();
        if (!op) return no(cat("the anchor is not a ", Library<Op>::kWhat));
        if (q.outputs() != 1) return no("more than one output");
        const auto type = onlyType(q);
        if (!type || !multiplies(*type))
            return no("operands are not all f32, nor all bf16 on a machine that multiplies it");
        if (lacksElements(q)) return no("an operand has no elements");
        r.op = *op;
        r.type = *type;
        ConvolutionOperands operands;
        if (Support s = readOperands(q, operands); !s.ok) return s;
        r.input = operands.input, r.bias = operands.bias;
        r.kernel = staticValues(q.in(operands.kernel).dims);
        r.line = r.kernel.size() == 4 && r.kernel[3] == 1 && q.in(r.input).dims[3].is(1) &&
                 q.out(0).dims[3].is(1);
        if (Support s = readEpilogue(q, r.epilogue, &consumed); !s.ok) return s;
        if (r.bias < 0) r.bias = takeBias(q, r.epilogue);
        if (Support s = postOpsSupport(q, r.epilogue, 1); !s.ok) return s;
        for (const EpilogueStep& s : r.epilogue.steps) {
            if (s.other < 0) continue;
            const DimVector &d = q.in(s.other).dims, &to = q.out(0).dims;
            if (!(d == to) && !isPerChannel(d, to, 1))
                return no("an operand of the epilogue is neither full-sized nor per channel");
        }
        return yes();
    }
};

}  // namespace

void registerKernel_convolution_onednn(tactic::Catalog& catalog) {
    catalog.add(std::make_unique<ConvolutionFactory<ops::Convolution>>());
    catalog.add(std::make_unique<ConvolutionFactory<ops::Deconvolution>>());
}

}  // namespace bireme::cpu
