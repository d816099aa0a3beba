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
    putInts(out, {input, scales, brain, width, static_cast<int64_t>(dense.size())});
    for (const Dense& d : dense) {
        putInts(out, {d.k, d.n, d.bias, d.window, d.before});
        d.epilogue.save(out);
    }
}

SqueezeExcite SqueezeExcite::load(ByteReader& in) {
    SqueezeExcite r;
    const auto head = getInts(in);
    if (head.size() != 5 || head[3] < 1 || head[3] > 1024 || head[4] < 1 || head[4] > 2)
        in.corrupt("a squeeze-excitation has five numbers");
    r.input = static_cast<int>(head[0]), r.scales = head[1] != 0, r.brain = head[2] != 0;
    r.width = static_cast<int>(head[3]);
    r.dense.resize(static_cast<size_t>(head[4]));
    for (Dense& d : r.dense) {
        const auto v = getInts(in);
        if (v.size() != 5 || v[0] < 1 || v[1] < 1 || v[3] < 0 || v[4] < 0 || v[4] > v[3])
            in.corrupt("a small product has five numbers");
        d.k = v[0], d.n = v[1], d.bias = static_cast<int>(v[2]);
        d.window = v[3], d.before = v[4];
        d.epilogue = Epilogue::load(in);
    }
    if (!r.fits()) in.corrupt("the products of a squeeze-excitation do not fit");
    return r;
}

bool SqueezeExcite::fits() const {
    for (size_t k = 1; k < dense.size(); ++k)
        if (dense[k - 1].n != dense[k].k || dense[k - 1].window > 0 || dense[k].window > 0)
            return false;
    return !dense.empty() && dense.back().n == channels();
}

namespace {

class Reader {
public:
    Reader(const tactic::Query& q, std::vector<int>& consumed)
        : q_(q), body_(q.body()), consumed_(consumed) {}

    Support read(SqueezeExcite& r, std::vector<DenseWeights>& weights) {
        ir::ValueId x = ir::kNoValue, mean = ir::kNoValue, v = body_.outputs()[0];
        if (Support s = means(x, mean); !s.ok) return s;
        r.input = q_.group().inputIndex(x);
        r.scales = gate(x, v);
        while (r.dense.size() < 2 && beforeViews(v) != mean) {
            SqueezeExcite::Dense d;
            DenseWeights w;
            if (Support s = readProduct(v, d, w); !s.ok) return s;
            r.dense.insert(r.dense.begin(), d);
            weights.insert(weights.begin(), w);
        }
        if (r.dense.empty() || beforeViews(v) != mean)
            return no("the products are not one or two of the means");
        if (!body_.value(x).desc.dims[1].is(r.channels()) || !r.fits())
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
            if (!n) return no("not products of the means");
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
            if (s.other >= 0 &&
                (d.window > 0 || !isPerColumn(s.other, body_.node(term->node).outputs[0], d.n)))
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
        const bool padded = isAny(op.prePadding) || isAny(op.postPadding);
        if (op.groups != 1) return no("groups");
        if (padded || product(dims) != d.n * d.k) {
            if (!overChannels(n, dims, d)) return no("a window that is none over all channels");
            weights.transposed = false;
        }
        if (n.inputs.size() > 2 && n.inputs[2] != ir::kNoValue) {
            d.bias = q_.group().inputIndex(n.inputs[2]);
            if (d.bias < 0) return no("the bias is computed inside the group");
        }
        return yes();
    }

    static bool isAny(const std::vector<int64_t>& pads) {
        return std::any_of(pads.begin(), pads.end(), [](int64_t p) { return p != 0; });
    }

    // A convolution of [images, 1, channels] that gives as many.
    bool overChannels(const ir::Node& n, const std::vector<int64_t>& weights,
                      SqueezeExcite::Dense& d) const {
        const auto& op = *n.op.as<ops::Convolution>();
        const DimVector &x = body_.value(n.inputs[0]).desc.dims,
                        &y = body_.value(n.outputs[0]).desc.dims;
        auto ones = [](const std::vector<int64_t>& v) {
            return std::all_of(v.begin(), v.end(), [](int64_t s) { return s == 1; });
        };
        if (x.size() != 3 || weights.size() != 3 || weights[0] * weights[1] != 1 ||
            !x[2].isStatic() || !(y[2] == x[2]) || !ones(op.stride) || !ones(op.dilation) ||
            (op.paddingMode != PaddingMode::kEXPLICIT_ROUND_DOWN &&
             op.paddingMode != PaddingMode::kEXPLICIT_ROUND_UP))
            return false;
        d.n = d.k = x[2].value();
        d.window = weights[2];
        d.before = op.prePadding.empty() ? 0 : op.prePadding[0];
        return d.before >= 0 && d.before < d.window;
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
                          std::vector<DenseWeights>& weights, std::vector<int>& consumed) {
    if (q.outputs() != 1 || q.group().anchors().size() < 2)
        return no("not a mean, products and what follows them");
    const auto type = onlyType(q);
    if (!type || !multiplies(*type))
        return no("operands are not all f32, nor all bf16 on a machine that multiplies it");
    out.brain = *type == DataType::kBF16;
    if (Support s = Reader(q, consumed).read(out, weights); !s.ok) return s;
    return lacksElements(q) ? no("an operand has no elements") : yes();
}

}  // namespace bireme::cpu
