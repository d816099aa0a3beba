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
#include "passes/support/pointwise.h"
#include "passes/support/scores.h"

#include <algorithm>
#include <limits>

namespace bireme::passes {

namespace {

using ops::MatrixMultiply;

// The operand with its last two dims swapped; transposes before it merge with this one.
ir::ValueId swapped(Edit& e, ir::ValueId v) {
    ops::Transpose t;
    int rank = e.desc(v).rank();
    for (int i = 0; i < rank; ++i) t.permutation.push_back(i);
    std::swap(t.permutation[static_cast<size_t>(rank - 1)],
              t.permutation[static_cast<size_t>(rank - 2)]);
    return e.add(ir::Op::of(t), {v});
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
        q = unscaled(e, q, s), k = unscaled(e, k, s);
        for (ir::NodeId n : s.nodes) e.consumes(n);
        if (first.opA == MatrixOperation::kTRANSPOSE) q = swapped(e, q);
        if (first.opB == MatrixOperation::kNONE) k = swapped(e, k);
        if (last.opB == MatrixOperation::kTRANSPOSE) v = swapped(e, v);
        return attend(e, s, {q, k, v}, guarded);
    }

private:
    // The attention of queries, keys and values in place of the root.
    Outcome attend(Edit& e, const Scores& s, std::vector<ir::ValueId> in, bool guarded) const {
        std::string why;
        const ir::ValueId mask = maskOf(e, s, why);
        if (!why.empty()) return no(why);
        const bool split = s.outer != ir::kNoValue;
        if (s.perHead != ir::kNoValue) in[0] = scaled(e, in[0], s.perHead);
        const DimVector scores = e.desc(s.product).dims;
        for (ir::ValueId& operand : in) {
            if (split) operand = splitFirst(e, operand, scores, s.split);
            if (operand == ir::kNoValue) return no("the windows of an image are not known");
        }
        ops::Attention op;
        op.scale = static_cast<float>(s.scale);
        op.zeroHidden = guarded && mask != ir::kNoValue;
        if (mask != ir::kNoValue) in.push_back(mask);
        ir::ValueId y = e.add(ir::Op::of(op), in);
        if (op.zeroHidden) {
            const Support runs = context.canRun(ir::bodyOf(e.graph(), e.producer(y)->id));
            if (!runs.ok) return no(runs.why);
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
