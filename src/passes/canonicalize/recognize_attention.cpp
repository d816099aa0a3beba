// SPDX-License-Identifier: Apache-2.0
#include "ops/attention.h"
#include "ops/matrix_multiply.h"
#include "ops/softmax.h"
#include "ops/transpose.h"
#include "passes/rules.h"
#include "passes/support/pointwise.h"

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

// The scores under the softmax: a product of q and k, times a number, plus a mask.
struct Scores {
    ir::ValueId product = ir::kNoValue, mask = ir::kNoValue;
    double scale = 1;
    std::vector<ir::NodeId> nodes;
};

const MatrixMultiply* productOf(Edit& e, ir::ValueId v) {
    const ir::Node* n = e.producer(v);
    return n && e.isSingle(v) ? n->op.as<MatrixMultiply>() : nullptr;
}

// v = product, product * number or product / number.
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
        if (!number || *number == 0) return false;
        s.nodes.push_back(e.producer(v)->id);
        s.scale *= over ? 1 / *number : *number;
        v = in[rest];
    }
    return false;
}

bool readScores(Edit& e, ir::ValueId v, Scores& s) {
    if (scaledProduct(e, v, s)) return true;
    if (!pointwiseOf(e.graph(), v, PointwiseFn::sum) || !e.isSingle(v)) return false;
    const auto in = e.producer(v)->inputs;
    for (size_t i = 0; i < 2; ++i) {
        Scores part;
        if (!scaledProduct(e, in[i], part)) continue;
        s = part;
        s.mask = in[1 - i];
        s.nodes.push_back(e.producer(v)->id);
        return true;
    }
    return false;
}

// Leading dims of k and v as attention wants them.
bool sameBatch(Edit& e, ir::ValueId a, ir::ValueId b) {
    const DimVector &x = e.desc(a).dims, &y = e.desc(b).dims;
    if (x.size() != y.size()) return false;
    for (size_t i = 0; i + 2 < x.size(); ++i)
        if (!(x[i] == y[i])) return false;
    return true;
}

// softmax(scale * q k^T + mask) v => attention(q, k, v, mask)
struct RecognizeAttention final : Rule {
    Pattern pattern() const override {
        return ir::op<MatrixMultiply>().in(
            ir::op<ops::Softmax>("softmax").single().in(ir::any("scores")), ir::any("v"));
    }
    Outcome apply(Edit& e, const Match& m) const override {
        const MatrixMultiply last = *e.root().op.as<MatrixMultiply>();
        const auto* softmax = e.producer(m["softmax"])->op.as<ops::Softmax>();
        int rank = e.desc(m["scores"]).rank();
        bool rows = softmax->axis == rank - 1 || softmax->axis == -1;
        if (rank < 3 || !rows || softmax->log || last.opA != MatrixOperation::kNONE ||
            last.opB == MatrixOperation::kVECTOR)
            return no("");
        Scores s;
        if (!readScores(e, m["scores"], s)) return no("the softmax is not over one product's rows");
        const ir::Node& product = *e.producer(s.product);
        const MatrixMultiply first = *product.op.as<MatrixMultiply>();
        ir::ValueId q = product.inputs[0], k = product.inputs[1], v = m["v"];
        if (first.opA == MatrixOperation::kVECTOR || first.opB == MatrixOperation::kVECTOR)
            return no("a product of vectors");
        if (!sameBatch(e, q, k) || !sameBatch(e, q, v))
            return no("queries, keys and values have different leading dims");
        if (s.mask != ir::kNoValue && (e.desc(s.mask).rank() != rank ||
                                       !(e.desc(m["scores"]).dims == e.desc(s.product).dims)))
            return no("the mask has other dims than the scores");
        for (ir::NodeId n : s.nodes) e.consumes(n);
        if (first.opA == MatrixOperation::kTRANSPOSE) q = swapped(e, q);
        if (first.opB == MatrixOperation::kNONE) k = swapped(e, k);
        if (last.opB == MatrixOperation::kTRANSPOSE) v = swapped(e, v);
        ops::Attention op;
        op.scale = static_cast<float>(s.scale);
        std::vector<ir::ValueId> in{q, k, v};
        if (s.mask != ir::kNoValue) in.push_back(s.mask);
        return e.replaceRoot(e.add(ir::Op::of(op), in), "is attention");
    }
};

const RecognizeAttention recognizeAttention;

}  // namespace

BIREME_PASS(recognize_attention, "softmax(scale * q k^T + mask) v => attention(q, k, v, mask)") {
    applyRules(run, {&recognizeAttention});
}

}  // namespace bireme::passes
