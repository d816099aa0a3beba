// SPDX-License-Identifier: Apache-2.0
#include "passes/rules.h"
#include "passes/support/pointwise.h"

namespace bireme::passes {

namespace {

// v = f(...) + 1 that nothing else reads: what f reads; else kNoValue.
ir::ValueId addedToOne(Edit& e, ir::ValueId v, PointwiseFn f) {
    if (!pointwiseOf(e.graph(), v, PointwiseFn::sum) || !e.isSingle(v)) return ir::kNoValue;
    const std::vector<ir::ValueId> in = e.producer(v)->inputs;
    for (size_t i : {0u, 1u})
        if (pointwiseOf(e.graph(), in[i], f) && e.isSingle(in[i]) && e.splat(in[1 - i]) == 1)
            return e.producer(in[i])->inputs[0];
    return ir::kNoValue;
}

// sigmoid(-z); kNoValue when z is not the negative of anything.
ir::ValueId sigmoidOfNegative(Edit& e, ir::ValueId z) {
    const Factors f = factorsOf(e, z);
    if (f.values.size() != 1 || !(f.scale < 0)) return ir::kNoValue;
    ir::ValueId x = f.values[0];
    const TensorDesc d = e.desc(x);
    if (f.scale != -1)
        x = e.add(pointwiseOp(PointwiseFn::prod), {x, e.addScalar(-f.scale, d.type, d.rank())});
    return e.add(pointwiseOp(PointwiseFn::sigmoid), {x});
}

bool sameKind(const Edit& e, ir::ValueId a, ir::ValueId b) {
    return e.desc(a).dims == e.desc(b).dims && e.desc(a).type == e.desc(b).type &&
           isReal(e.desc(a).type);
}

// 1 / (1 + exp(-x)) => sigmoid(x)
struct Inverse final : Rule {
    Pattern pattern() const override { return pw(PointwiseFn::recip).in(ir::any("below")); }
    Outcome apply(Edit& e, const Match& m) const override {
        const ir::ValueId z = addedToOne(e, m["below"], PointwiseFn::exp);
        const ir::ValueId y = z == ir::kNoValue ? z : sigmoidOfNegative(e, z);
        if (y == ir::kNoValue || !sameKind(e, y, e.root().outputs[0])) return no("");
        return e.replaceRoot(y, "is a sigmoid");
    }
};

// y / (1 + exp(-x)) => y * sigmoid(x), x / (1 + |x|) => softsign(x)
struct Quotient final : Rule {
    Pattern pattern() const override {
        return pw(PointwiseFn::div).in(ir::any("y"), ir::any("below"));
    }
    Outcome apply(Edit& e, const Match& m) const override {
        if (addedToOne(e, m["below"], PointwiseFn::abs) == m["y"])
            return replaceRootByUnary(e, PointwiseFn::softsign, m["y"], 0, 0, "is softsign");
        const ir::ValueId z = addedToOne(e, m["below"], PointwiseFn::exp);
        const ir::ValueId gate = z == ir::kNoValue ? z : sigmoidOfNegative(e, z);
        if (gate == ir::kNoValue) return no("");
        const ir::ValueId y = e.add(pointwiseOp(PointwiseFn::prod), {m["y"], gate});
        if (!sameKind(e, y, e.root().outputs[0])) return no("");
        return e.replaceRoot(y, "divides by the inverse of a sigmoid");
    }
};

const Inverse inverse;
const Quotient quotient;

}  // namespace

BIREME_PASS(recognize_sigmoid,
            "1 / (1 + exp(-x)) => sigmoid(x), y / (1 + exp(-x)) => y * sigmoid(x), "
            "x / (1 + |x|) => softsign(x)") {
    applyRules(run, {&inverse, &quotient});
}

}  // namespace bireme::passes
