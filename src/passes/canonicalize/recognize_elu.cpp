// SPDX-License-Identifier: Apache-2.0
#include "passes/rules.h"
#include "passes/support/pointwise.h"

#include <optional>

namespace bireme::passes {

namespace {

// The tensor that `v` compares with 0, and whether it holds above it.
struct Sign {
    ir::ValueId x = ir::kNoValue;
    bool above = false;
};

std::optional<Sign> signOf(Edit& e, ir::ValueId v) {
    const ir::Node* n = e.producer(v);
    const Pointwise* p = n ? n->op.as<Pointwise>() : nullptr;
    if (!p) return std::nullopt;
    const bool below = p->fn == PointwiseFn::less || p->fn == PointwiseFn::less_equal,
               above = p->fn == PointwiseFn::greater || p->fn == PointwiseFn::greater_equal;
    if ((!below && !above) || e.splat(n->inputs[1]) != 0) return std::nullopt;
    return Sign{n->inputs[0], above};
}

// v = min(v's operand, 0): that operand; else kNoValue.
ir::ValueId belowZero(Edit& e, ir::ValueId v) {
    const ir::Node* n = e.producer(v);
    const Pointwise* p = n ? n->op.as<Pointwise>() : nullptr;
    if (!p) return ir::kNoValue;
    if (p->fn == PointwiseFn::clip && p->beta == 0 && p->alpha <= -3e38f) return n->inputs[0];
    if (p->fn == PointwiseFn::min)
        for (size_t i : {0u, 1u})
            if (e.splat(n->inputs[1 - i]) == 0) return n->inputs[i];
    if (p->fn != PointwiseFn::select) return ir::kNoValue;
    const auto sign = signOf(e, n->inputs[0]);
    const bool zeroAbove = sign && e.splat(n->inputs[sign->above ? 1 : 2]) == 0;
    return zeroAbove && n->inputs[sign->above ? 2 : 1] == sign->x ? sign->x : ir::kNoValue;
}

// Is u the tensor x where it is negative? `exact`: and 0 elsewhere.
bool isNegativePart(Edit& e, ir::ValueId u, ir::ValueId x, bool exact) {
    return (!exact && u == x) || belowZero(e, u) == x;
}

// number * (exp(inner * x) - 1)
struct Exponential {
    double number, inner;
};

std::optional<Exponential> exponentialOf(Edit& e, ir::ValueId v, ir::ValueId x, bool exact) {
    const ir::Graph& g = e.graph();
    const Factors f = factorsOf(e, v);
    if (f.values.size() != 1) return std::nullopt;
    const bool difference = pointwiseOf(g, f.values[0], PointwiseFn::sub) != nullptr;
    if (!difference && !pointwiseOf(g, f.values[0], PointwiseFn::sum)) return std::nullopt;
    const std::vector<ir::ValueId> in = e.producer(f.values[0])->inputs;
    const size_t k = difference || pointwiseOf(g, in[0], PointwiseFn::exp) ? 0 : 1;
    if (!pointwiseOf(g, in[k], PointwiseFn::exp) || e.splat(in[1 - k]) != (difference ? 1 : -1))
        return std::nullopt;
    const ir::ValueId power = e.producer(in[k])->inputs[0];
    if (isNegativePart(e, power, x, exact)) return Exponential{f.scale, 1};
    const Factors inside = factorsOf(e, power);
    if (inside.values.size() != 1 || !(inside.scale > 0) ||
        !isNegativePart(e, inside.values[0], x, exact))
        return std::nullopt;
    return Exponential{f.scale, inside.scale};
}

// factor * x where x is positive, number * (exp(inner * x) - 1) elsewhere.
Outcome replaceByElu(Edit& e, ir::ValueId x, double factor, const Exponential& n) {
    if (near(n.inner, 1) && near(factor, 1))
        return replaceRootByUnary(e, PointwiseFn::elu, x, static_cast<float>(n.number), 0,
                                  "is elu");
    const TensorDesc d = e.desc(x);
    if (!near(n.inner, 1))
        x = e.add(pointwiseOp(PointwiseFn::prod), {x, e.addScalar(n.inner, d.type, d.rank())});
    return replaceRootByUnary(e, PointwiseFn::selu, x,
                              static_cast<float>(n.number * n.inner / factor),
                              static_cast<float>(factor / n.inner), "is selu");
}

// select(x > 0, b * x, a * (exp(c * x) - 1)) => elu<a>(x), selu(c * x)
struct Selected final : Rule {
    Pattern pattern() const override {
        return pw(PointwiseFn::select).in(ir::op<Pointwise>("test"), ir::any(), ir::any());
    }
    Outcome apply(Edit& e, const Match& m) const override {
        const auto sign = signOf(e, m["test"]);
        if (!sign) return no("");
        const ir::ValueId positive = e.root().inputs[sign->above ? 1 : 2],
                          negative = e.root().inputs[sign->above ? 2 : 1];
        if (!e.isSingle(negative)) return no("");
        const auto n = exponentialOf(e, negative, sign->x, false);
        if (!n) return no("");
        if (positive == sign->x) return replaceByElu(e, sign->x, 1, *n);
        const Factors f = factorsOf(e, positive);
        if (f.values != std::vector<ir::ValueId>{sign->x} || !(f.scale > 0))
            return no("a * (exp(x) - 1) below zero, but no multiple of x above");
        return replaceByElu(e, sign->x, f.scale, *n);
    }
};

// relu(x) + a * (exp(c * min(x, 0)) - 1), relu(x) + min(a * (exp(c * x) - 1), 0) => elu<a>(x)
struct SumOfParts final : Rule {
    Pattern pattern() const override {
        return pw(PointwiseFn::sum)
            .in(pw(PointwiseFn::relu).in(ir::any("x")), ir::op<Pointwise>("negative").single());
    }
    Outcome apply(Edit& e, const Match& m) const override {
        const ir::ValueId inside = belowZero(e, m["negative"]);
        const auto n = inside == ir::kNoValue ? exponentialOf(e, m["negative"], m["x"], true)
                                              : exponentialOf(e, inside, m["x"], false);
        if (!n || (inside != ir::kNoValue && n->number < 0)) return no("");
        return replaceByElu(e, m["x"], 1, *n);
    }
};

const Selected selected;
const SumOfParts sumOfParts;

}  // namespace

BIREME_PASS(recognize_elu,
            "select(x > 0, x, a * (exp(x) - 1)), relu(x) + a * (exp(min(x, 0)) - 1) => elu<a>(x); "
            "with factors of x => selu(c * x)") {
    applyRules(run, {&selected, &sumOfParts});
}

}  // namespace bireme::passes
