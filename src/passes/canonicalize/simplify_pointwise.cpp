// SPDX-License-Identifier: Apache-2.0
#include "passes/rules.h"
#include "passes/support/pointwise.h"

namespace bireme::passes {

namespace {

bool isReal32(DataType t) { return t == DataType::kFLOAT || t == DataType::kDOUBLE; }

ir::ValueId unary(Edit& e, PointwiseFn fn, ir::ValueId x) { return e.add(pointwiseOp(fn), {x}); }

// x - c => x + (-c)
struct SubConstant final : Rule {
    Pattern pattern() const override {
        return pw(PointwiseFn::sub).in(ir::any("x"), ir::constant("c"));
    }
    Outcome apply(Edit& e, const Match& m) const override {
        if (e.isConstant(m["x"]) || !isReal(e.desc(m["x"]).type)) return no("");
        ir::ValueId negative = unary(e, PointwiseFn::neg, m["c"]);
        return e.replaceRoot(e.add(pointwiseOp(PointwiseFn::sum), {m["x"], negative}),
                             "x - c => x + (-c)");
    }
};

// x / c => x * (1 / c), numbers only: weights are divided exactly where they are folded
struct DivConstant final : Rule {
    Pattern pattern() const override {
        return pw(PointwiseFn::div).in(ir::any("x"), ir::constant("c"));
    }
    Outcome apply(Edit& e, const Match& m) const override {
        auto c = e.splat(m["c"]);
        if (e.isConstant(m["x"]) || !isReal32(e.desc(m["x"]).type) || !c || *c == 0) return no("");
        ir::ValueId inverse = unary(e, PointwiseFn::recip, m["c"]);
        return e.replaceRoot(e.add(pointwiseOp(PointwiseFn::prod), {m["x"], inverse}),
                             "x / c => x * (1 / c)");
    }
};

// 1 / x => recip(x)
struct Reciprocal final : Rule {
    Pattern pattern() const override {
        return pw(PointwiseFn::div).in(ir::constant("one"), ir::any("x"));
    }
    Outcome apply(Edit& e, const Match& m) const override {
        if (e.splat(m["one"]) != 1) return no("");
        return replaceRootByUnary(e, PointwiseFn::recip, m["x"], 0, 0, "1 / x => recip(x)");
    }
};

// pow(x, 2) => x * x, pow(x, 3) => x * x * x, pow(x, 0.5) => sqrt(x), pow(x, -1) => recip(x),
// pow(x, -0.5) => recip(sqrt(x))
struct SmallPower final : Rule {
    Pattern pattern() const override {
        return pw(PointwiseFn::pow).in(ir::any("x"), ir::constant("p"));
    }
    Outcome apply(Edit& e, const Match& m) const override {
        auto p = e.splat(m["p"]);
        ir::ValueId x = m["x"];
        if (!p || e.desc(e.root().outputs[0]).dims != e.desc(x).dims) return no("");
        if (*p == 2 || *p == 3) {
            ir::ValueId y = e.add(pointwiseOp(PointwiseFn::prod), {x, x});
            if (*p == 3) y = e.add(pointwiseOp(PointwiseFn::prod), {y, x});
            return e.replaceRoot(y, "a small power => products");
        }
        if (!isReal(e.desc(x).type)) return no("");
        if (*p == 0.5)
            return e.replaceRoot(unary(e, PointwiseFn::sqrt, x), "pow(x, 0.5) => sqrt(x)");
        if (*p == -1)
            return e.replaceRoot(unary(e, PointwiseFn::recip, x), "pow(x, -1) => recip(x)");
        if (*p != -0.5) return no("");
        return e.replaceRoot(unary(e, PointwiseFn::recip, unary(e, PointwiseFn::sqrt, x)),
                             "pow(x, -0.5) => recip(sqrt(x))");
    }
};

// max(x, 0) => relu(x)
struct MaxZero final : Rule {
    Pattern pattern() const override {
        return pw(PointwiseFn::max).in(ir::any("x"), ir::constant("zero"));
    }
    Outcome apply(Edit& e, const Match& m) const override {
        if (e.splat(m["zero"]) != 0) return no("");
        return replaceRootByUnary(e, PointwiseFn::relu, m["x"], 0, 0, "max(x, 0) => relu(x)");
    }
};

// min(max(x, a), b) => clip(x, a, b), min(relu(x), b) => clip(x, 0, b)
struct MinOfMax final : Rule {
    Pattern pattern() const override {
        return pw(PointwiseFn::min).in(ir::op<Pointwise>("lower").single(), ir::constant("b"));
    }
    Outcome apply(Edit& e, const Match& m) const override {
        const ir::Node& lower = *e.producer(m["lower"]);
        PointwiseFn fn = lower.op.as<Pointwise>()->fn;
        auto b = e.splat(m["b"]);
        std::optional<double> a;
        ir::ValueId x = lower.inputs[0];
        if (fn == PointwiseFn::relu)
            a = 0;
        else if (fn == PointwiseFn::max && e.isConstant(lower.inputs[1]))
            a = e.splat(lower.inputs[1]);
        else if (fn == PointwiseFn::max && e.isConstant(x))
            a = e.splat(x), x = lower.inputs[1];
        if (!a || !b || *a > *b) return no("");
        return replaceRootByUnary(e, PointwiseFn::clip, x, static_cast<float>(*a),
                                  static_cast<float>(*b), "min(max(x, a), b) => clip(x, a, b)");
    }
};

// max(min(x, b), a) => clip(x, a, b)
struct MaxOfMin final : Rule {
    Pattern pattern() const override {
        return pw(PointwiseFn::max)
            .in(pw(PointwiseFn::min).single().in(ir::any("x"), ir::constant("b")),
                ir::constant("a"));
    }
    Outcome apply(Edit& e, const Match& m) const override {
        auto a = e.splat(m["a"]), b = e.splat(m["b"]);
        if (!a || !b || *a > *b) return no("");
        return replaceRootByUnary(e, PointwiseFn::clip, m["x"], static_cast<float>(*a),
                                  static_cast<float>(*b), "max(min(x, b), a) => clip(x, a, b)");
    }
};

const SubConstant subConstant;
const DivConstant divConstant;
const Reciprocal reciprocal;
const SmallPower smallPower;
const MaxZero maxZero;
const MinOfMax minOfMax;
const MaxOfMin maxOfMin;

}  // namespace

BIREME_PASS(simplify_pointwise,
            "x - c => x + (-c), x / c => x * (1 / c), 1 / x => recip(x), pow(x, 2) => x * x, "
            "max(x, 0) => relu(x), min(max(x, a), b) => clip(x, a, b)") {
    applyRules(run, {&subConstant, &divConstant, &reciprocal, &smallPower, &maxZero, &minOfMax,
                     &maxOfMin});
}

}  // namespace bireme::passes
