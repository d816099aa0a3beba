// SPDX-License-Identifier: Apache-2.0
#include "backends/cuda/cudnn/convolution.h"

#include "backends/cuda/chain/record.h"
#include "base/text.h"
#include "ir/attributes.h"
#include "ops/support/sliding_window.h"

#include <algorithm>
#include <cstring>

namespace bireme::cuda::dnn {

using tactic::no;
using tactic::Support;
using tactic::yes;

namespace {

// A line of pixels is a plane one pixel high.
std::vector<int64_t> planar(std::vector<int64_t> dims) {
    if (dims.size() == 3) dims.insert(dims.begin() + 2, 1);
    return dims;
}

Operand operand(DataType type, std::vector<int64_t> dims) {
    std::vector<int64_t> strides = channelsLastStrides(dims);
    return {type, std::move(dims), std::move(strides)};
}

// An operand of the chain as it lies: channels-last, or row by row when it is a constant.
Operand chainOperand(const device::TensorShape& t, bool constant, size_t rank) {
    auto dims = planar(withLeadingOnes(t.dims, rank));
    if (!constant) return operand(t.type, std::move(dims));
    auto strides = Format::linear().stridesFor(dims);
    return {t.type, std::move(dims), std::move(strides)};
}

// Where the windows lie, as numbers: padding behind the input is what is really read there.
struct Window {
    std::vector<int64_t> before, after, stride, dilation;
};

Window windowOf(const Convolution& c, const std::vector<int64_t>& x,
                const std::vector<int64_t>& y) {
    auto a = ops::WindowAttributes::of(c.op);
    DimVector in = ops::spatialDims(toDims(x)), k = ops::spatialDims(toDims(c.kernel));
    bool forward = c.anchor == Anchor::convolution;
    if (!forward) a.outputPadding = &c.outputPadding;
    ops::WindowGrid g(forward ? ops::convolutionAxes(a, in, k) : ops::deconvolutionAxes(a, in, k));
    Window w;
    size_t spatial = std::max<size_t>(y.size() - 2, 2);
    for (size_t d = 3 - spatial; d < 3; ++d) {
        int64_t reach = (g.window[d] - 1) * g.dilation[d] + 1;
        // A deconvolution is the gradient of a convolution from its output to its input.
        int64_t large = forward ? g.input[d] : g.output[d],
                small = forward ? g.output[d] : g.input[d];
        int64_t after = (small - 1) * g.stride[d] + reach - large - g.before[d];
        if (after < 0 && !forward)
            fail(ErrorCode::kUNSUPPORTED_STATE, "output padding that no window reaches");
        w.before.push_back(g.before[d]);
        w.after.push_back(std::max<int64_t>(after, 0));
        w.stride.push_back(g.stride[d]);
        w.dilation.push_back(g.dilation[d]);
    }
    return w;
}

}  // namespace

void Convolution::save(ByteWriter& out) const {
    out.put(static_cast<uint8_t>(anchor));
    auto bytes = ir::attributeBytes(ir::Op::of(op));
    out.varint(bytes.size());
    out.raw(bytes.data(), bytes.size());
    putInts(out, outputPadding);
    putInts(out, kernel);
    putInts<int64_t>(out, {padded, input, weights, bias, static_cast<int64_t>(type),
                           static_cast<int64_t>(outputType), tf32, deterministic});
    putSteps(out, steps);
}

Convolution Convolution::load(ByteReader& in) {
    Convolution c;
    c.anchor = static_cast<Anchor>(in.get<uint8_t>());
    if (c.anchor != Anchor::convolution && c.anchor != Anchor::deconvolution)
        in.corrupt("neither a convolution nor a deconvolution");
    ir::Op op = ir::Op::of(ops::Convolution());
    ByteReader part = in.sub(in.count());
    ir::readAttributes(op, part);
    c.op = *op.as<ops::Convolution>();
    c.outputPadding = getInts(in);
    c.kernel = getInts(in);
    auto v = getInts(in);
    if (v.size() != 8 || c.kernel.size() < 3) in.corrupt("a convolution's record is too short");
    c.padded = v[0], c.input = static_cast<int>(v[1]), c.weights = static_cast<int>(v[2]);
    c.bias = static_cast<int>(v[3]), c.type = static_cast<DataType>(v[4]);
    c.outputType = static_cast<DataType>(v[5]), c.tf32 = v[6] != 0, c.deterministic = v[7] != 0;
    c.steps = getSteps(in);
    return c;
}

int64_t Convolution::maps() const {
    return anchor == Anchor::convolution ? kernel[0] : kernel[1] * op.groups;
}

Graph Convolution::graph(const device::Shapes& shapes) const {
    using Kind = Source::Kind;
    const auto& x = shapes.inputs.at(static_cast<size_t>(input)).dims;
    const auto& y = shapes.outputs.at(0).dims;
    Window w = windowOf(*this, x, y);
    Graph g;
    g.spec.anchor = anchor;
    g.spec.tf32 = tf32, g.spec.deterministic = deterministic;
    g.spec.before = w.before, g.spec.after = w.after;
    g.spec.stride = w.stride, g.spec.dilation = w.dilation;
    auto xDims = planar(x), wDims = planar(kernel), yDims = planar(y);
    if (padded > 0) xDims[1] = wDims[1] = padded;
    g.add(operand(type, xDims), {Kind::input, input});
    g.add(operand(type, wDims), {Kind::constant, 0});
    bool biasLeft = bias >= 0;
    auto addBias = [&] {
        std::vector<int64_t> dims(yDims.size(), 1);
        dims[1] = maps();
        int at = g.add(operand(type, dims), {Kind::input, bias});
        g.spec.steps.push_back({ops::PointwiseFn::sum, 0, 0, 0, at});
        biasLeft = false;
    };
    for (const ChainStep& s : steps) {
        Step step{s.fn, s.alpha, s.beta, s.through, -1};
        Operand other;
        if (s.input >= 0)
            other = chainOperand(shapes.inputs[static_cast<size_t>(s.input)], s.constant, y.size());
        // Fast code adds full-sized operands first, then the bias.
        if (biasLeft && !(s.fn == ops::PointwiseFn::sum && other.dims == yDims)) addBias();
        if (s.input >= 0) step.operand = g.add(std::move(other), {Kind::input, s.input});
        g.spec.steps.push_back(step);
    }
    if (biasLeft) addBias();
    g.add(operand(outputType, yDims), {Kind::output, 0});
    return g;
}

static Support typesSupport(const tactic::Query& q, const Convolution& c) {
    if (c.type != DataType::kFLOAT && c.type != DataType::kHALF && c.type != DataType::kBF16)
        return no(cat("no convolution of type ", name(c.type)));
    for (int i = 0; i < q.inputs(); ++i)
        if (q.in(i).type != c.type) return no("operands of several types");
    if (!isReal(c.outputType) || bits(c.outputType) < 16 || bits(c.outputType) > 32)
        return no(cat("no result of type ", name(c.outputType)));
    return yes();
}

static Support chainSupport(const tactic::Query& q, const Convolution& c) {
    for (const ChainStep& s : c.steps) {
        if (!knowsFunction(s.fn)) return no(cat("cuDNN has no function ", ops::name(s.fn)));
        if (s.fn == ops::PointwiseFn::softplus && s.alpha != 1)
            return no("cuDNN's softplus has no factor");
        if (s.input < 0) continue;
        const DimVector &d = q.in(s.input).dims, &y = q.out(0).dims;
        // Compiled engines read such operands misaligned.
        if (d.size() == y.size() && !d[0].is(1) && !(d == y))
            return no("an operand of the chain differs by image and is smaller than the result");
        if (d.size() == y.size()) continue;
        auto wide = std::count_if(d.begin(), d.end(), [](const Dim& x) { return !x.is(1); });
        if (wide > 1) return no("an operand of the chain has fewer dims than the result");
    }
    return yes();
}

template <typename Op>
static bool take(const tactic::Query& q, Convolution& c) {
    const auto* op = q.group().anchorAs<Op>();
    if (!op) return false;
    c.op = {op->stride, op->prePadding, op->postPadding, op->dilation, op->groups, op->paddingMode};
    if constexpr (std::is_same_v<Op, ops::Deconvolution>) {
        c.anchor = Anchor::deconvolution;
        c.outputPadding = op->outputPadding;
    }
    return true;
}

Support readConvolution(const tactic::Query& q, Convolution& c) {
    if (!take<ops::Convolution>(q, c) && !take<ops::Deconvolution>(q, c))
        return no("the anchor is not a convolution");
    if (Support s = readChain(q, c.steps); !s.ok) return s;
    const ir::GroupView& g = q.group();
    c.input = g.anchorInput(0), c.weights = g.anchorInput(1), c.bias = g.anchorInput(2);
    const auto& inputs = g.anchor()->inputs;
    if (c.input < 0) return no("the input is computed inside the group");
    if (c.weights < 0 || !q.constant(c.weights)) return no("the kernel is not constant");
    if (inputs.size() > 2 && inputs[2] != ir::kNoValue && c.bias < 0)
        return no("the bias is computed inside the group");
    c.type = q.in(c.input).type, c.outputType = q.out(0).type;
    if (Support s = typesSupport(q, c); !s.ok) return s;
    int rank = q.out(0).rank();
    if (rank < 3 || rank > 5) return no(cat("rank ", rank, ", cuDNN takes 3 to 5"));
    if (!allStatic(q.in(c.weights).dims)) return no("the kernel has unknown extents");
    c.kernel = staticValues(q.in(c.weights).dims);
    for (int64_t k : c.kernel)
        if (k < 1) return no("the kernel is empty");
    c.tf32 = q.flags.tf32, c.deterministic = q.flags.deterministic;
    sortSums(q, 1, c.steps);
    return chainSupport(q, c);
}

int64_t paddedChannels(const Convolution& c) {
    if (c.anchor != Anchor::convolution || c.op.groups != 1 || bits(c.type) != 16) return 0;
    int64_t n = c.kernel[1];
    if (n % 8 == 0 || n == 4) return 0;
    return n < 4 ? 4 : (n + 7) / 8 * 8;
}

Format paddedFormat(int rank, int64_t channels) {
    Format f = Format::channelsLast(rank);
    f.inner.push_back({1, static_cast<int32_t>(channels < 8 ? channels : 8)});
    return f;
}

}  // namespace bireme::cuda::dnn
