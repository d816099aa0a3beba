// SPDX-License-Identifier: Apache-2.0
#include "ops/matrix_multiply.h"
#include "ops/reshape.h"
#include "ops/squeeze.h"
#include "ops/transpose.h"
#include "passes/rules.h"
#include "passes/support/pointwise.h"
#include "passes/support/weights.h"

namespace bireme::passes {

namespace {

bool hasColumns(const ir::Node& product) {
    const auto* op = product.op.as<ops::MatrixMultiply>();
    return op->opA != MatrixOperation::kVECTOR && op->opB != MatrixOperation::kVECTOR;
}

// matmul(x, w) with its columns multiplied by the constant s; kNoValue (and why) when that cannot
// be.
ir::ValueId scaleColumns(Edit& e, ir::ValueId product, ir::ValueId s, std::string& why) {
    const ir::NodeId id = e.producer(product)->id;
    std::vector<ir::ValueId> in = e.graph().node(id).inputs;
    int rank = e.desc(product).rank(), rankW = e.desc(in[1]).rank();
    auto count = valuesAlong(e.desc(s), e.desc(product), rank - 1);
    if (!hasColumns(e.graph().node(id)))
        why = "the product is one of vectors";
    else if (!e.isSingle(product))
        why = "the product before the scale has other readers";
    else if (!count)
        why = "the scale is not one value per column";
    else
        why = whyFixed(e, in[1]);
    if (!why.empty()) return ir::kNoValue;
    ir::Op op = e.graph().node(id).op;
    bool transposed = op.as<ops::MatrixMultiply>()->opB == MatrixOperation::kTRANSPOSE;
    in[1] = scaleWeights(e, pointwiseOp(PointwiseFn::prod), in[1], s, *count,
                         {transposed ? rankW - 2 : rankW - 1, 0, 1});
    return e.add(op, in, id);
}

// matmul(x, w) * s => matmul(x, w * s)      w and s constant, one value per column
struct FoldScaleIntoMatrixMultiply final : Rule {
    Pattern pattern() const override {
        return pw(PointwiseFn::prod)
            .in(ir::op<ops::MatrixMultiply>("product").in(ir::any(), ir::constant("w")),
                ir::constant("s"));
    }
    Outcome apply(Edit& e, const Match& m) const override {
        std::string why;
        ir::ValueId y = scaleColumns(e, m["product"], m["s"], why);
        return y == ir::kNoValue ? no(why) : e.replaceRoot(y, "scale folded into the weights");
    }
};

// (matmul(x, w) + b) * s => matmul(x, w * s) + b * s
struct FoldScaleBehindBias final : Rule {
    Pattern pattern() const override {
        return pw(PointwiseFn::prod)
            .in(pw(PointwiseFn::sum)
                    .single()
                    .in(ir::op<ops::MatrixMultiply>("product").in(ir::any(), ir::constant("w")),
                        ir::constant("b")),
                ir::constant("s"));
    }
    Outcome apply(Edit& e, const Match& m) const override {
        std::string why;
        ir::ValueId y = scaleColumns(e, m["product"], m["s"], why);
        if (y == ir::kNoValue) return no(why);
        ir::ValueId bias = e.add(pointwiseOp(PointwiseFn::prod), {m["b"], m["s"]});
        return e.replaceRoot(e.add(pointwiseOp(PointwiseFn::sum), {y, bias}),
                             "scale folded into weights and bias");
    }
};

bool movesOnly(const ir::Node& n) {
    return n.op.is<ops::Reshape>() || n.op.is<ops::Squeeze>() || n.op.is<ops::Unsqueeze>() ||
           n.op.is<ops::Transpose>();
}

// f(matmul(x, w) + b) * s => f((matmul(x, w) + b) * s)      s a number; f moves elements, or is a
// product with another tensor
struct MoveScaleUp final : Rule {
    static constexpr size_t kMaxPath = 8;
    Pattern pattern() const override {
        return pw(PointwiseFn::prod).in(ir::any("y"), ir::constant("s"));
    }
    Outcome apply(Edit& e, const Match& m) const override {
        if (!e.splat(m["s"])) return no("");
        if (volume(e.desc(m["s"]).dims).valueOr(0) != 1) return no("");
        std::vector<ir::NodeId> path;  // from the root upwards
        ir::ValueId v = m["y"];
        while (path.size() < kMaxPath && e.producer(v) && e.isSingle(v)) {
            const ir::Node& n = *e.producer(v);
            bool product = n.op.is<ops::MatrixMultiply>() && !e.isConstant(n.inputs[1]);
            if (!movesOnly(n) && !product) break;
            path.push_back(n.id);
            v = n.inputs[0];
        }
        if (path.empty() || !isLinear(e, v)) return no("");
        auto rank = static_cast<size_t>(e.desc(v).rank());
        ir::ValueId s = e.viewOfConstant(m["s"], std::vector<int64_t>(rank, 1));
        v = e.add(pointwiseOp(PointwiseFn::prod), {v, s});
        for (size_t i = path.size(); i-- > 0;) {
            e.consumes(path[i]);
            ir::Op op = e.graph().node(path[i]).op;
            std::vector<ir::ValueId> in = e.graph().node(path[i]).inputs;
            in[0] = v;
            v = e.add(op, in, path[i]);
        }
        if (!(e.desc(v).dims == e.desc(e.root().outputs[0]).dims)) return no("");
        return e.replaceRoot(v, "the number moved up to weights that can take it");
    }

private:
    // A product with constant weights, with or without a constant added, that nobody else reads?
    static bool isLinear(Edit& e, ir::ValueId v) {
        if (!e.isSingle(v)) return false;
        if (pointwiseOf(e.graph(), v, PointwiseFn::sum)) {
            const auto in = e.producer(v)->inputs;
            v = e.isConstant(in[0]) ? in[1] : e.isConstant(in[1]) ? in[0] : ir::kNoValue;
            if (v == ir::kNoValue || !e.isSingle(v)) return false;
        }
        const ir::Node* n = e.producer(v);
        return n && n->op.is<ops::MatrixMultiply>() && hasColumns(*n) &&
               whyFixed(e, n->inputs[1]).empty();
    }
};

// matmul(x * s, w) => matmul(x, w with its rows multiplied by s)      one value per row
struct FoldScaleBefore final : Rule {
    Pattern pattern() const override {
        return ir::op<ops::MatrixMultiply>().in(
            pw(PointwiseFn::prod, "scaled").in(ir::any("x"), ir::constant("s")), ir::constant("w"));
    }
    Outcome apply(Edit& e, const Match& m) const override {
        const ir::Op op = e.root().op;
        const auto& product = *op.as<ops::MatrixMultiply>();
        const int rank = e.desc(m["scaled"]).rank(), rankW = e.desc(m["w"]).rank();
        if (!hasColumns(e.root()) || product.opA != MatrixOperation::kNONE ||
            e.isConstant(m["x"]) || !(e.desc(m["x"]).dims == e.desc(m["scaled"]).dims))
            return no("");
        auto count = valuesAlong(e.desc(m["s"]), e.desc(m["scaled"]), rank - 1);
        if (!count) return no("the scale is not one value per row of the weights");
        if (!e.isSingle(m["scaled"])) return no("the scaled tensor has other readers");
        if (std::string why = whyFixed(e, m["w"]); !why.empty()) return no(why);
        const bool transposed = product.opB == MatrixOperation::kTRANSPOSE;
        ir::ValueId w = scaleWeights(e, pointwiseOp(PointwiseFn::prod), m["w"], m["s"], *count,
                                     {transposed ? rankW - 1 : rankW - 2, 0, 1});
        return e.replaceRoot(e.add(op, {m["x"], w}), "the scale before it folded into the weights");
    }
};

const FoldScaleIntoMatrixMultiply foldScaleIntoMatrixMultiply;
const FoldScaleBefore foldScaleBefore;
const FoldScaleBehindBias foldScaleBehindBias;
const MoveScaleUp moveScaleUp;

}  // namespace

BIREME_PASS(fold_scale_into_matrix_multiply,
            "matmul(x, w) * s => matmul(x, w * s), "
            "(matmul(x, w) + b) * s => matmul(x, w * s) + b * s, "
            "transpose(matmul(x, w)) * s => transpose(matmul(x, w * s)), "
            "matmul(x * s, w) => matmul(x, s * w)") {
    applyRules(
        run, {&foldScaleIntoMatrixMultiply, &foldScaleBehindBias, &moveScaleUp, &foldScaleBefore});
}

}  // namespace bireme::passes
