// SPDX-License-Identifier: Apache-2.0
#include "backends/cpu/support/squeeze_excite.h"

#include "backends/cpu/support/factory.h"
#include "backends/cpu/support/record.h"
#include "backends/cpu/support/row_epilogue.h"
#include "ops/convolution.h"
#include "ops/matrix_multiply.h"
#include "ops/reduce.h"

#include <algorithm>

namespace bireme::cpu {

void SqueezeExcite::save(ByteWriter& out) const {
    putInts(out, {input, scales, brain, width});
    for (const Dense& d : dense) {
        putInts(out, {d.k, d.n, d.bias});
        d.epilogue.save(out);
    }
}

SqueezeExcite SqueezeExcite::load(ByteReader& in) {
    SqueezeExcite r;
    const auto head = getInts(in);
    if (head.size() != 4 || head[3] < 1 || head[3] > 1024)
        in.corrupt("a squeeze-excitation has four numbers");
    r.input = static_cast<int>(head[0]), r.scales = head[1] != 0, r.brain = head[2] != 0;
    r.width = static_cast<int>(head[3]);
    for (Dense& d : r.dense) {
        const auto v = getInts(in);
        if (v.size() != 3 || v[0] < 1 || v[1] < 1) in.corrupt("a small product has three numbers");
        d.k = v[0], d.n = v[1], d.bias = static_cast<int>(v[2]);
        d.epilogue = Epilogue::load(in);
    }
    if (r.dense[0].n != r.dense[1].k || r.dense[1].n != r.channels())
        in.corrupt("the products of a squeeze-excitation do not fit");
    return r;
}

namespace {

class Reader {
public:
    Reader(const tactic::Query& q, std::vector<int>& consumed)
        : q_(q), body_(q.body()), consumed_(consumed) {}

    Support read(SqueezeExcite& r, std::array<DenseWeights, 2>& weights) {
        ir::ValueId x = ir::kNoValue, mean = ir::kNoValue, v = body_.outputs()[0];
        if (Support s = means(x, mean); !s.ok) return s;
        r.input = q_.group().inputIndex(x);
        r.scales = gate(x, v);
        for (int k : {1, 0})
            if (Support s = readProduct(v, r.dense[static_cast<size_t>(k)],
                                        weights[static_cast<size_t>(k)]);
                !s.ok)
                return s;
        if (beforeViews(v) != mean) return no("the products are not of the means");
        const Dim& channels = body_.value(x).desc.dims[1];
        if (!channels.is(r.channels()) || r.dense[1].n != r.channels() ||
            r.dense[0].n != r.dense[1].k)
            return no("the products do not lead from channels to channels");
        return yes();
    }

private:
    // The one reduction: the mean of every channel of x.
    Support means(ir::ValueId& x, ir::ValueId& mean) {
        for (ir::NodeId id : q_.group().anchors()) {
            const ir::Node& n = body_.node(id);
            const auto* op = n.op.as<ops::Reduce>();
            if (!op) continue;
            if (mean != ir::kNoValue) return no("more than one reduction");
            x = n.inputs[0], mean = n.outputs[0];
            const int rank = body_.value(x).desc.rank();
            std::vector<int64_t> axes;
            for (int64_t a : op->axes) axes.push_back(a < 0 ? a + rank : a);
            std::sort(axes.begin(), axes.end());
            if (rank < 3 || op->operation != ReduceOperation::kAVG ||
                axes.size() != static_cast<size_t>(rank) - 2 || axes.front() != 2)
                return no("the reduction is not a mean of every channel");
        }
        if (mean == ir::kNoValue) return no("no mean");
        return q_.group().inputIndex(x) < 0 ? no("the input is computed inside the group") : yes();
    }

    // Is v the input times a number per channel? Then v becomes those numbers.
    bool gate(ir::ValueId x, ir::ValueId& v) {
        const ir::Node& last = *body_.producer(v);
        const auto* op = last.op.as<ops::Pointwise>();
        if (!op || op->fn != ops::PointwiseFn::prod) return false;
        for (size_t i = 0; i < 2; ++i) {
            const ir::ValueId other = last.inputs[1 - i];
            if (last.inputs[i] != x || !body_.producer(other)) continue;
            const DimVector &g = body_.value(other).desc.dims, &d = body_.value(x).desc.dims;
            if (g.size() != d.size() || !(g[0] == d[0]) || !(g[1] == d[1]) ||
                !std::all_of(g.begin() + 2, g.end(), [](const Dim& e) { return e.is(1); }))
                return false;
            v = other;
            return true;
        }
        return false;
    }

    ir::ValueId beforeViews(ir::ValueId v) const {
        const ir::Node* n = body_.producer(v);
        for (; n && n->op.def().has(ir::kView); n = body_.producer(v)) v = n->inputs[0];
        return v;
    }

    bool isInside(ir::ValueId v) const { return v != ir::kNoValue && body_.producer(v); }

    // The product that v is made by, with the functions behind it; v becomes its operand.
    Support readProduct(ir::ValueId& v, SqueezeExcite::Dense& d, DenseWeights& weights) {
        std::vector<ir::EpilogueTerm> terms;
        for (v = beforeViews(v);; v = beforeViews(v)) {
            const ir::Node* n = body_.producer(v);
            if (!n) return no("not two products");
            if (!ir::isPointwiseNode(*n)) break;
            if (n->inputs.size() > 2) return no("a function of three operands");
            const int through = n->inputs.size() == 2 && !isInside(n->inputs[0]) ? 1 : 0;
            ir::EpilogueTerm term{n->id, through, ir::kNoValue};
            if (n->inputs.size() == 2) term.other = n->inputs[static_cast<size_t>(1 - through)];
            if (isInside(term.other)) return no("functions that are no chain");
            terms.push_back(term);
            v = n->inputs[static_cast<size_t>(through)];
        }
        const ir::Node& n = *body_.producer(v);
        if (Support s =
                n.op.is<ops::Convolution>() ? convolution(n, d, weights) : matrix(n, d, weights);
            !s.ok)
            return s;
        for (auto term = terms.rbegin(); term != terms.rend(); ++term) {
            EpilogueStep s;
            if (Support read = readStep(q_, *term, s, &consumed_); !read.ok) return read;
            if (s.other >= 0 && !isPerColumn(s.other, body_.node(term->node).outputs[0], d.n))
                return no("an operand that is not one value per channel");
            if (s.fn == ops::PointwiseFn::sum && s.other >= 0 && d.bias < 0 &&
                d.epilogue.steps.empty())
                d.bias = s.other;
            else
                d.epilogue.steps.push_back(s);
        }
        v = n.inputs[0];
        return rowEpilogueSupport(d.epilogue);
    }

    bool isPerColumn(int input, ir::ValueId result, int64_t n) const {
        const DimVector& to = body_.value(result).desc.dims;
        for (int axis = 0; axis < static_cast<int>(to.size()); ++axis)
            if (to[static_cast<size_t>(axis)].is(n) && isPerChannel(q_.in(input).dims, to, axis))
                return true;
        return false;
    }

    Support constant(ir::ValueId v, DenseWeights& weights, std::vector<int64_t>& dims) {
        weights.input = v == ir::kNoValue ? -1 : q_.group().inputIndex(v);
        if (weights.input < 0 || !q_.constant(weights.input)) return no("weights are not constant");
        dims = staticValues(q_.in(weights.input).dims);
        consumed_.push_back(weights.input);
        return product(dims) > 0 ? yes() : no("weights without elements");
    }

    Support convolution(const ir::Node& n, SqueezeExcite::Dense& d, DenseWeights& weights) {
        const auto& op = *n.op.as<ops::Convolution>();
        std::vector<int64_t> dims;
        if (Support s = constant(n.inputs[1], weights, dims); !s.ok) return s;
        d.n = dims[0], d.k = dims[1];
        weights.transposed = true;
        for (const auto* pad : {&op.prePadding, &op.postPadding})
            if (std::any_of(pad->begin(), pad->end(), [](int64_t p) { return p != 0; }))
                return no("padding");
        if (op.groups != 1 || product(dims) != d.n * d.k) return no("a window or groups");
        if (n.inputs.size() > 2 && n.inputs[2] != ir::kNoValue) {
            d.bias = q_.group().inputIndex(n.inputs[2]);
            if (d.bias < 0) return no("the bias is computed inside the group");
        }
        return yes();
    }

    Support matrix(const ir::Node& n, SqueezeExcite::Dense& d, DenseWeights& weights) {
        const auto* op = n.op.as<ops::MatrixMultiply>();
        if (!op || op->opA != MatrixOperation::kNONE || op->opB == MatrixOperation::kVECTOR)
            return no("an anchor is neither a mean nor a product");
        std::vector<int64_t> dims;
        if (Support s = constant(n.inputs[1], weights, dims); !s.ok) return s;
        weights.transposed = op->opB == MatrixOperation::kTRANSPOSE;
        d.k = dims[dims.size() - 2], d.n = dims.back();
        if (weights.transposed) std::swap(d.k, d.n);
        return product(dims) == d.k * d.n ? yes() : no("a batch of matrices");
    }

    const tactic::Query& q_;
    const ir::Graph& body_;
    std::vector<int>& consumed_;
};

}  // namespace

Support readSqueezeExcite(const tactic::Query& q, SqueezeExcite& out,
                          std::array<DenseWeights, 2>& weights, std::vector<int>& consumed) {
    if (q.outputs() != 1 || q.group().anchors().size() < 3)
        return no("not a mean, two products and what follows them");
    const auto type = onlyType(q);
    if (!type || !multiplies(*type))
        return no("operands are not all f32, nor all bf16 on a machine that multiplies it");
    out.brain = *type == DataType::kBF16;
    if (Support s = Reader(q, consumed).read(out, weights); !s.ok) return s;
    return lacksElements(q) ? no("an operand has no elements") : yes();
}

}  // namespace bireme::cpu
