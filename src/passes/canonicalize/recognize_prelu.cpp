// SPDX-License-Identifier: Apache-2.0
#include "passes/rules.h"
#include "passes/support/pointwise.h"

#include <optional>

namespace bireme::passes {

namespace {

// A factor of x below zero: a number times, perhaps, a constant tensor.
struct Slope {
    double number = 1;
    ir::ValueId constant = ir::kNoValue;
};

// How many times min(x, 0) is v: relu(-x), min(x, 0) or x - |x|; 0 when it is anything else.
double negativePart(Edit& e, ir::ValueId v, ir::ValueId x) {
    const ir::Node* n = e.producer(v);
    const Pointwise* p = n ? n->op.as<Pointwise>() : nullptr;
    if (!p) return 0;
    if (p->fn == PointwiseFn::relu)
        return pointwiseOf(e.graph(), n->inputs[0], PointwiseFn::neg) &&
                       e.producer(n->inputs[0])->inputs[0] == x
                   ? -1
                   : 0;
    if (p->fn == PointwiseFn::min)
        for (size_t i : {0u, 1u})
            if (n->inputs[i] == x && e.splat(n->inputs[1 - i]) == 0) return 1;
    bool twice = p->fn == PointwiseFn::sub && n->inputs[0] == x &&
                 pointwiseOf(e.graph(), n->inputs[1], PointwiseFn::abs) &&
                 e.producer(n->inputs[1])->inputs[0] == x;
    return twice ? 2 : 0;
}

// v = slope * min(x, 0)?
std::optional<Slope> slopeOf(Edit& e, ir::ValueId v, ir::ValueId x) {
    Factors f = factorsOf(e, v);
    Slope s;
    s.number = f.scale;
    double times = 0;
    for (ir::ValueId u : f.values) {
        double here = times == 0 ? negativePart(e, u, x) : 0;
        if (here != 0)
            times = here;
        else if (s.constant == ir::kNoValue && e.isConstant(u))
            s.constant = u;
        else
            return std::nullopt;
    }
    if (times == 0) return std::nullopt;
    s.number *= times;
    for (ir::NodeId n : f.nodes) e.consumes(n);
    return s;
}

// x where it is positive, slope * x elsewhere.
Outcome replaceByPrelu(Edit& e, ir::ValueId x, const Slope& s) {
    if (s.constant == ir::kNoValue)
        return replaceRootByUnary(e, PointwiseFn::leaky_relu, x, static_cast<float>(s.number), 0,
                                  "is a leaky relu");
    ir::ValueId slope = s.constant;
    if (s.number != 1) {
        const TensorDesc d = e.desc(slope);
        slope =
            e.add(pointwiseOp(PointwiseFn::prod), {slope, e.addScalar(s.number, d.type, d.rank())});
    }
    if (!(e.desc(e.root().outputs[0]).dims == e.desc(x).dims)) return no("");
    ir::ValueId y = e.add(pointwiseOp(PointwiseFn::prelu), {x, slope});
    if (!(e.desc(y).dims == e.desc(x).dims)) return no("the slope broadcasts the tensor");
    return e.replaceRoot(y, "is prelu");
}

// relu(x) + a * min(x, 0) => prelu(x, a), with min(x, 0) = -relu(-x) = (x - |x|) / 2
struct PreluOfParts final : Rule {
    PointwiseFn fn;
    explicit PreluOfParts(PointwiseFn fn) : fn(fn) {}
    Pattern pattern() const override {
        return pw(fn).in(pw(PointwiseFn::relu, "positive").in(ir::any("x")), ir::any("negative"));
    }
    Outcome apply(Edit& e, const Match& m) const override {
        auto slope = slopeOf(e, m["negative"], m["x"]);
        if (!slope) return no("");
        if (fn == PointwiseFn::sub) slope->number = -slope->number;
        return replaceByPrelu(e, m["x"], *slope);
    }
};

// max(x, a * x) => leaky_relu<a>(x)      a number from 0 to 1
struct LargerOf final : Rule {
    Pattern pattern() const override {
        return pw(PointwiseFn::max).in(ir::any("x"), pw(PointwiseFn::prod, "scaled").single());
    }
    Outcome apply(Edit& e, const Match& m) const override {
        Factors f = factorsOf(e, m["scaled"]);
        if (f.values != std::vector<ir::ValueId>{m["x"]} || f.scale < 0 || f.scale > 1)
            return no("");
        return replaceRootByUnary(e, PointwiseFn::leaky_relu, m["x"], static_cast<float>(f.scale),
                                  0, "is a leaky relu");
    }
};

// select(x < 0, a * x, x), select(x > 0, x, a * x) => leaky_relu<a>(x)
struct SelectedSlope final : Rule {
    Pattern pattern() const override {
        return pw(PointwiseFn::select).in(ir::op<Pointwise>("test").single(), ir::any(), ir::any());
    }
    Outcome apply(Edit& e, const Match& m) const override {
        const ir::Node& test = *e.producer(m["test"]);
        const PointwiseFn fn = test.op.as<Pointwise>()->fn;
        bool below = fn == PointwiseFn::less || fn == PointwiseFn::less_equal,
             above = fn == PointwiseFn::greater || fn == PointwiseFn::greater_equal;
        if ((!below && !above) || e.splat(test.inputs[1]) != 0) return no("");
        const ir::ValueId x = test.inputs[0], scaled = e.root().inputs[below ? 1 : 2];
        if (e.root().inputs[below ? 2 : 1] != x || !e.isSingle(scaled)) return no("");
        Factors f = factorsOf(e, scaled);
        if (f.values != std::vector<ir::ValueId>{x}) return no("");
        return replaceRootByUnary(e, PointwiseFn::leaky_relu, x, static_cast<float>(f.scale), 0,
                                  "is a leaky relu");
    }
};

const PreluOfParts added(PointwiseFn::sum);
const PreluOfParts subtracted(PointwiseFn::sub);
const LargerOf largerOf;
const SelectedSlope selectedSlope;

}  // namespace

BIREME_PASS(recognize_prelu,
            "relu(x) + a * min(x, 0) => prelu(x, a), the same with -relu(-x) or (x - |x|) / 2; "
            "max(x, a * x), select(x < 0, a * x, x) => leaky_relu<a>(x)") {
    applyRules(run, {&added, &subtracted, &largerOf, &selectedSlope});
}

}  // namespace bireme::passes
