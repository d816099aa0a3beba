// SPDX-License-Identifier: Apache-2.0
#include "ops/matrix_multiply.h"
#include "passes/rules.h"
#include "passes/support/pointwise.h"
#include "passes/support/weights.h"

namespace bireme::passes {

namespace {

bool hasColumns(const ir::Node& product) {
    const auto* op = product.op.as<ops::MatrixMultiply>();
    return op->opA != MatrixOperation::kVECTOR && op->opB != MatrixOperation::kVECTOR;
}

// matmul(x, w) with its columns multiplied by the constant s; kNoValue (and why) when that cannot be.
ir::ValueId scaleColumns(Edit& e, ir::ValueId product, ir::ValueId s, std::string& why) {
    const ir::NodeId id = e.producer(product)->id;
    std::vector<ir::ValueId> in = e.graph().node(id).inputs;
    int rank = e.desc(product).rank(), rankW = e.desc(in[1]).rank();
    auto count = valuesAlong(e.desc(s), e.desc(product), rank - 1);
    if (!hasColumns(e.graph().node(id))) why = "the product is one of vectors";
    else if (!e.isSingle(product)) why = "the product before the scale has other readers";
    else if (!count) why = "the scale is not one value per column";
    else why = whyFixed(e, in[1]);
    if (!why.empty()) return ir::kNoValue;
    ir::Op op = e.graph().node(id).op;
    bool transposed = op.as<ops::MatrixMultiply>()->opB == MatrixOperation::kTRANSPOSE;
    in[1] = scaleWeights(e, pointwiseOp(PointwiseFn::prod), in[1], s, *count, {transposed ? rankW - 2 : rankW - 1, 0, 1});
    return e.add(op, in, id);
}

// matmul(x, w) * s => matmul(x, w * s)      w and s constant, one value per column
struct FoldScale final : Rule {
    Pattern pattern() const override {
        return pw(PointwiseFn::prod).in(ir::op<ops::MatrixMultiply>("product").in(ir::any(), ir::constant("w")), ir::constant("s"));
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
            .in(pw(PointwiseFn::sum).single().in(ir::op<ops::MatrixMultiply>("product").in(ir::any(), ir::constant("w")),
                                                 ir::constant("b")),
                ir::constant("s"));
    }
    Outcome apply(Edit& e, const Match& m) const override {
        std::string why;
        ir::ValueId y = scaleColumns(e, m["product"], m["s"], why);
        if (y == ir::kNoValue) return no(why);
        ir::ValueId bias = e.add(pointwiseOp(PointwiseFn::prod), {m["b"], m["s"]});
        return e.replaceRoot(e.add(pointwiseOp(PointwiseFn::sum), {y, bias}), "scale folded into weights and bias");
    }
};

const FoldScale foldScale;
const FoldScaleBehindBias foldScaleBehindBias;

} // namespace

BIREME_PASS(fold_scale_into_matrix_multiply, "matmul(x, w) * s => matmul(x, w * s), (matmul(x, w) + b) * s => matmul(x, w * s) + b * s") {
    applyRules(run, {&foldScale, &foldScaleBehindBias});
}

} // namespace bireme::passes
