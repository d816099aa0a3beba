// SPDX-License-Identifier: Apache-2.0
#include "ir/group.h"
#include "ops/attention.h"
#include "ops/matrix_multiply.h"
#include "ops/reduce.h"
#include "ops/reshape.h"
#include "ops/softmax.h"
#include "ops/transpose.h"
#include "passes/rules.h"
#include "passes/support/parts.h"
#include "passes/support/permutation.h"
#include "passes/support/pointwise.h"

#include <algorithm>
#include <limits>

namespace bireme::passes {

namespace {

using ops::MatrixMultiply;

constexpr int64_t kMaxMask = 4 << 20;  // elements of a constant mask that is a sum

// The operand with its last two dims swapped; transposes before it merge with this one.
ir::ValueId swapped(Edit& e, ir::ValueId v) {
    ops::Transpose t;
    int rank = e.desc(v).rank();
    for (int i = 0; i < rank; ++i) t.permutation.push_back(i);
    std::swap(t.permutation[static_cast<size_t>(rank - 1)],
              t.permutation[static_cast<size_t>(rank - 2)]);
    return e.add(ir::Op::of(t), {v});
}

// The scores under the softmax: a product of q and k, times a number, plus a mask.
struct Scores {
    ir::ValueId product = ir::kNoValue, mask = ir::kNoValue;
    ir::ValueId visible = ir::kNoValue;  // a mask of truth values, with `hidden` for the others
    bool inverted = false;               // true hides
    double hidden = 0;
    double scale = 1;
    ir::ValueId perHead = ir::kNoValue;  // a constant that scales all scores of a matrix
    ir::ValueId outer = ir::kNoValue;    // a mask of the scores with their first dim split
    DimVector split;                     // into these dims
    std::vector<ir::NodeId> nodes;
};

const MatrixMultiply* productOf(Edit& e, ir::ValueId v) {
    const ir::Node* n = e.producer(v);
    return n && e.isSingle(v) ? n->op.as<MatrixMultiply>() : nullptr;
}

// A constant of one number for each matrix of the tensor.
bool isPerMatrix(Edit& e, ir::ValueId v, const DimVector& tensor) {
    const DimVector& dims = e.desc(v).dims;
    return e.isConstant(v) && dims.size() >= 2 && dims.size() <= tensor.size() &&
           dims[dims.size() - 1].is(1) && dims[dims.size() - 2].is(1);
}

// v = product, product * number, product / number or product * a constant for each head.
bool scaledProduct(Edit& e, ir::ValueId v, Scores& s) {
    for (int depth = 0; depth < 4; ++depth) {
        if (productOf(e, v)) {
            s.product = v;
            s.nodes.push_back(e.producer(v)->id);
            return true;
        }
        const auto* times = pointwiseOf(e.graph(), v, PointwiseFn::prod);
        const auto* over = pointwiseOf(e.graph(), v, PointwiseFn::div);
        if ((!times && !over) || !e.isSingle(v)) return false;
        const auto in = e.producer(v)->inputs;
        auto number = e.splat(in[1]);
        size_t rest = 0;
        if (!number && times) number = e.splat(in[0]), rest = 1;
        if (!number && times && s.perHead == ir::kNoValue) {
            rest = e.isConstant(in[0]) ? 1 : 0;
            if (!isPerMatrix(e, in[1 - rest], e.desc(in[rest]).dims)) return false;
            s.perHead = in[1 - rest];
            number = 1;
        }
        if (!number || *number == 0) return false;
        s.nodes.push_back(e.producer(v)->id);
        s.scale *= over ? 1 / *number : *number;
        v = in[rest];
    }
    return false;
}

// An operand of the product that is itself times a number (torch takes the root of the scale into
// both): the rest of it.
ir::ValueId unscaled(Edit& e, ir::ValueId v, Scores& s) {
    if (!pointwiseOf(e.graph(), v, PointwiseFn::prod) || !e.isSingle(v)) return v;
    const auto in = e.producer(v)->inputs;
    for (size_t i : {0u, 1u}) {
        const auto number = e.splat(in[i]);
        if (!number || !(e.desc(in[1 - i]).dims == e.desc(v).dims)) continue;
        s.scale *= *number;
        s.nodes.push_back(e.producer(v)->id);
        return in[1 - i];
    }
    return v;
}

// So far below any score that adding it leaves it as it is.
bool hides(double x) { return x <= -1e30; }

// v = select(visible, scores, hidden) or select(hidden?, hidden, scores): what is left of it.
ir::ValueId readSelect(Edit& e, ir::ValueId v, Scores& s) {
    if (!pointwiseOf(e.graph(), v, PointwiseFn::select) || !e.isSingle(v)) return v;
    const auto in = e.producer(v)->inputs;
    for (size_t i : {1u, 2u}) {
        auto number = e.splat(in[i]);
        if (!number || !hides(*number)) continue;
        s.visible = in[0], s.inverted = i == 1, s.hidden = *number;
        s.nodes.push_back(e.producer(v)->id);
        return in[3 - i];
    }
    return v;
}

// Do the dims of `fine` split the first of `coarse`?
bool splitsFirst(const DimVector& coarse, const DimVector& fine) {
    return coarse.size() >= 3 && fine.size() > coarse.size() &&
           std::equal(coarse.begin() + 1, coarse.end(),
                      fine.end() - (coarse.end() - coarse.begin()) + 1);
}

// v = view(view(scores) + mask), where the one view splits the first dim of the scores (Swin:
// images and windows) and the other joins it again: the scores.
ir::ValueId readSplit(Edit& e, ir::ValueId v, Scores& s) {
    auto viewed = [&](ir::ValueId u) {
        const ir::Node* n = e.producer(u);
        return n && n->op.def().has(ir::kView) && e.isSingle(u) ? n->inputs[0] : ir::kNoValue;
    };
    const ir::ValueId sum = viewed(v);
    if (sum == ir::kNoValue || !pointwiseOf(e.graph(), sum, PointwiseFn::sum) || !e.isSingle(sum))
        return v;
    const std::vector<ir::ValueId> in = e.producer(sum)->inputs;
    for (size_t i : {0u, 1u}) {
        const ir::ValueId scores = viewed(in[i]);
        if (scores == ir::kNoValue || !(e.desc(scores).dims == e.desc(v).dims) ||
            !(e.desc(in[i]).dims == e.desc(sum).dims) ||
            !splitsFirst(e.desc(v).dims, e.desc(sum).dims))
            continue;
        s.outer = in[1 - i], s.split = e.desc(sum).dims;
        for (ir::ValueId u : {v, sum, in[i]}) s.nodes.push_back(e.producer(u)->id);
        return scores;
    }
    return v;
}

bool readScores(Edit& e, ir::ValueId v, Scores& s) {
    v = readSplit(e, v, s);
    v = readSelect(e, v, s);
    if (scaledProduct(e, v, s)) return true;
    if (!pointwiseOf(e.graph(), v, PointwiseFn::sum) || !e.isSingle(v)) return false;
    const auto in = e.producer(v)->inputs;
    for (size_t i = 0; i < 2; ++i) {
        Scores part = s;
        if (!scaledProduct(e, in[i], part)) continue;
        s = part;
        s.mask = in[1 - i];
        s.nodes.push_back(e.producer(v)->id);
        return true;
    }
    return false;
}

// select(test, 0, softmax): rows that see nothing shall give 0. The softmax, or kNoValue. The test
// is isnan(softmax), or max(mask) == -inf along the rows: then of this `mask`.
struct Guard {
    ir::ValueId softmax = ir::kNoValue, mask = ir::kNoValue;
};

// The tensor whose rows the test asks whether they are -inf throughout, or kNoValue.
ir::ValueId hiddenRowsOf(Edit& e, ir::ValueId test) {
    const auto& in = e.producer(test)->inputs;
    for (size_t i : {0u, 1u}) {
        const ir::Node* most = e.producer(in[i]);
        const auto* reduce = most ? most->op.as<ops::Reduce>() : nullptr;
        const auto number = e.splat(in[1 - i]);
        if (!reduce || !number || *number != -std::numeric_limits<double>::infinity() ||
            reduce->operation != ReduceOperation::kMAX || !reduce->keepDims ||
            reduce->axes.size() != 1)
            continue;
        const int rank = e.desc(in[i]).rank();
        if (reduce->axes[0] == rank - 1 || reduce->axes[0] == -1) return most->inputs[0];
    }
    return ir::kNoValue;
}

Guard guardOf(Edit& e, ir::ValueId v) {
    if (!pointwiseOf(e.graph(), v, PointwiseFn::select) || !e.isSingle(v)) return {};
    const auto in = e.producer(v)->inputs;
    if (e.splat(in[1]) != 0.0 || !ir::isInternal(e.graph(), in[2])) return {};
    const bool byNan = pointwiseOf(e.graph(), in[0], PointwiseFn::isnan) != nullptr;
    Guard g{in[2], ir::kNoValue};
    if (byNan) {
        if (!e.isSingle(in[0]) || e.producer(in[0])->inputs[0] != in[2]) return {};
        e.consumes(e.producer(in[0])->id);
    } else {
        if (!pointwiseOf(e.graph(), in[0], PointwiseFn::equal)) return {};
        g.mask = hiddenRowsOf(e, in[0]);
        if (g.mask == ir::kNoValue) return {};
    }
    if (e.graph().useCount(in[2]) != (byNan ? 2u : 1u)) return {};
    e.consumes(e.producer(v)->id);
    return g;
}

// Leading dims of k and v as attention wants them.
bool sameBatch(Edit& e, ir::ValueId a, ir::ValueId b) {
    const DimVector &x = e.desc(a).dims, &y = e.desc(b).dims;
    if (x.size() != y.size()) return false;
    for (size_t i = 0; i + 2 < x.size(); ++i)
        if (!(x[i] == y[i])) return false;
    return true;
}

// The same tensor with leading dims of 1, up to `rank` of them; kNoValue where the extents are not
// known.
ir::ValueId withRank(Edit& e, ir::ValueId v, int rank) {
    const DimVector dims = e.desc(v).dims;
    if (static_cast<int>(dims.size()) == rank) return v;
    if (static_cast<int>(dims.size()) > rank || !allStatic(dims)) return ir::kNoValue;
    ops::Reshape r;
    r.shape = staticValues(dims);
    r.shape.insert(r.shape.begin(), static_cast<size_t>(rank) - dims.size(), 1);
    return e.isConstant(v) ? e.viewOfConstant(v, r.shape) : e.add(ir::Op::of(r), {v});
}

// q times a constant, which goes before a transpose: what makes the queries may take it then.
ir::ValueId scaled(Edit& e, ir::ValueId q, ir::ValueId constant) {
    const ir::Op times = pointwiseOp(PointwiseFn::prod);
    const ir::Node* n = e.producer(q);
    const auto* turned = n ? n->op.as<ops::Transpose>() : nullptr;
    if (!turned || !allStatic(e.desc(constant).dims)) return e.add(times, {q, constant});
    const auto p = permutationOf(*turned, e.desc(q).rank());
    std::vector<int64_t> back(p.size());
    for (size_t d = 0; d < p.size(); ++d) back[static_cast<size_t>(p[d])] = static_cast<int64_t>(d);
    const ir::ValueId x = n->inputs[0];
    const ir::ValueId y = e.add(times, {x, permuted(e, constant, back)});
    return e.add(ir::Op::of(ops::Transpose{p}), {y});
}

// v with its first dim split as that of the scores was; kNoValue where the extents do not tell.
ir::ValueId splitFirst(Edit& e, ir::ValueId v, const DimVector& scores, const DimVector& split) {
    const DimVector dims = e.desc(v).dims;
    DimVector to(split.begin(), split.end() - static_cast<std::ptrdiff_t>(scores.size()) + 1);
    to.insert(to.end(), dims.begin() + 1, dims.end());
    const auto reshape = reshapeTo(dims, to);
    return reshape ? e.add(ir::Op::of(*reshape), {v}) : ir::kNoValue;
}

// The mask of split scores, with one of the scores before they were split; kNoValue and `why` when
// it cannot be told.
ir::ValueId splitMask(Edit& e, const Scores& s, ir::ValueId inner, std::string& why) {
    const int rank = static_cast<int>(s.split.size());
    ir::ValueId mask = withRank(e, s.outer, rank);
    if (inner != ir::kNoValue && mask != ir::kNoValue) {
        inner = e.desc(inner).dims[0].is(1) ? withRank(e, inner, rank) : ir::kNoValue;
        mask = inner == ir::kNoValue ? inner : e.add(pointwiseOp(PointwiseFn::sum), {inner, mask});
    }
    if (mask == ir::kNoValue)
        why = "the masks do not fit the scores with their first dim split";
    else if (e.isConstant(mask) && volume(e.desc(mask).dims).valueOr(kMaxMask + 1) > kMaxMask)
        why = "both masks together are too large";
    return mask;
}

// What is added to the scores, in their rank; kNoValue and `why` when it cannot be told.
ir::ValueId maskOf(Edit& e, const Scores& s, int rank, std::string& why) {
    const DataType type = e.desc(s.product).type;
    ir::ValueId mask = s.mask == ir::kNoValue ? ir::kNoValue : withRank(e, s.mask, rank);
    if (s.mask != ir::kNoValue && mask == ir::kNoValue)
        why = "the mask has other dims than the scores";
    if (s.visible == ir::kNoValue || !why.empty()) return mask;
    ir::ValueId visible = withRank(e, s.visible, rank);
    if (visible == ir::kNoValue) {
        why = "the mask has other dims than the scores";
        return visible;
    }
    ir::ValueId zero = e.addScalar(0, type, rank), hidden = e.addScalar(s.hidden, type, rank);
    if (s.inverted) std::swap(zero, hidden);
    ir::ValueId added = e.add(pointwiseOp(PointwiseFn::select), {visible, zero, hidden});
    return mask == ir::kNoValue ? added : e.add(pointwiseOp(PointwiseFn::sum), {mask, added});
}

// softmax(scale * q k^T + mask) v => attention(q, k, v, mask); select(m, scale * q k^T, -inf) is
// the same with a mask of 0 and -inf
struct RecognizeAttention final : Rule {
    const PassContext& context;
    explicit RecognizeAttention(const PassContext& context) : context(context) {}
    Pattern pattern() const override {
        return ir::op<MatrixMultiply>().in(ir::any("weights"), ir::any("v"));
    }
    Outcome apply(Edit& e, const Match& m) const override {
        const MatrixMultiply last = *e.root().op.as<MatrixMultiply>();
        const Guard guard =  // guards may go where NaNs are not strict.
            context.options.strictNans ? Guard{} : guardOf(e, m["weights"]);
        const bool guarded = guard.softmax != ir::kNoValue;
        const ir::ValueId weights = guarded ? guard.softmax : m["weights"];
        const ir::Node* made = e.producer(weights);
        const auto* softmax = made ? made->op.as<ops::Softmax>() : nullptr;
        if (!softmax || (!guarded && !e.isSingle(weights))) return no("");
        const ir::ValueId under = made->inputs[0];
        e.consumes(made->id);
        int rank = e.desc(under).rank();
        bool rows = softmax->axis == rank - 1 || softmax->axis == -1;
        if (rank < 3 || !rows || softmax->log || last.opA != MatrixOperation::kNONE ||
            last.opB == MatrixOperation::kVECTOR)
            return no("");
        Scores s;
        if (!readScores(e, under, s)) return no("the softmax is not over one product's rows");
        if (guard.mask != ir::kNoValue &&
            (guard.mask != s.mask || s.visible != ir::kNoValue || s.outer != ir::kNoValue))
            return no("rows are tested by another mask");
        const ir::Node& product = *e.producer(s.product);
        const MatrixMultiply first = *product.op.as<MatrixMultiply>();
        ir::ValueId q = product.inputs[0], k = product.inputs[1], v = m["v"];
        if (first.opA == MatrixOperation::kVECTOR || first.opB == MatrixOperation::kVECTOR)
            return no("a product of vectors");
        if (!sameBatch(e, q, k) || !sameBatch(e, q, v))
            return no(
                cat("queries, keys and values have different leading dims: ", text(e.desc(q).dims),
                    ", ", text(e.desc(k).dims), ", ", text(e.desc(v).dims)));
        if (!(e.desc(under).dims == e.desc(s.product).dims))
            return no(cat("the mask has other dims than the scores: with it they are ",
                          text(e.desc(under).dims), ", without it ", text(e.desc(s.product).dims)));
        std::string why;
        ir::ValueId mask = maskOf(e, s, rank, why);
        const bool split = s.outer != ir::kNoValue;
        if (why.empty() && split) mask = splitMask(e, s, mask, why);
        if (!why.empty()) return no(why);
        q = unscaled(e, q, s), k = unscaled(e, k, s);
        for (ir::NodeId n : s.nodes) e.consumes(n);
        if (first.opA == MatrixOperation::kTRANSPOSE) q = swapped(e, q);
        if (first.opB == MatrixOperation::kNONE) k = swapped(e, k);
        if (last.opB == MatrixOperation::kTRANSPOSE) v = swapped(e, v);
        if (s.perHead != ir::kNoValue) q = scaled(e, q, s.perHead);
        const DimVector scores = e.desc(s.product).dims;
        for (ir::ValueId* operand : {&q, &k, &v}) {
            if (split) *operand = splitFirst(e, *operand, scores, s.split);
            if (*operand == ir::kNoValue) return no("the windows of an image are not known");
        }
        ops::Attention op;
        op.scale = static_cast<float>(s.scale);
        op.zeroHidden = guarded && mask != ir::kNoValue;
        std::vector<ir::ValueId> in{q, k, v};
        if (mask != ir::kNoValue) in.push_back(mask);
        ir::ValueId y = e.add(ir::Op::of(op), in);
        if (op.zeroHidden) {
            const Support s = context.canRun(ir::bodyOf(e.graph(), e.producer(y)->id));
            if (!s.ok) return no(s.why);
        }
        if (split) {
            const auto join = reshapeTo(e.desc(y).dims, e.desc(e.root().outputs[0]).dims);
            if (!join) return no("the windows of an image are not known");
            y = e.add(ir::Op::of(*join), {y});
        }
        return e.replaceRoot(y, "is attention");
    }
};

}  // namespace

BIREME_PASS(
    recognize_attention,
    "softmax(scale * q k^T + mask) v => attention(q, k, v, mask), the same with "
    "select(m, scores, -inf) for the mask, or one added to scores whose first dim is split; "
    "select(isnan(s), 0, s) around the softmax, or "
    "select(max(mask) == -inf, 0, s), makes "
    "rows that see nothing give 0") {
    const RecognizeAttention recognizeAttention(run.context);
    applyRules(run, {&recognizeAttention});
}

}  // namespace bireme::passes
