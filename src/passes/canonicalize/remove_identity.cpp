// SPDX-License-Identifier: Apache-2.0
#include "ops/identity.h"
#include "passes/rules.h"
#include "passes/support/pointwise.h"

#include <cfloat>

namespace bireme::passes {

namespace {

Outcome removeRoot(Edit& e, ir::ValueId x, const char* what) {
    if (e.desc(e.root().outputs[0]).dims != e.desc(x).dims) return no("it also broadcasts");
    return e.replaceRoot(x, what);
}

// identity(x) => x, copy(x) => x
struct RemoveCopy final : Rule {
    Pattern pattern() const override {
        return ir::op<ops::Identity>().orOp<Pointwise>().in(ir::any("x"));
    }
    Outcome apply(Edit& e, const Match& m) const override {
        const Pointwise* p = e.root().op.as<Pointwise>();
        if (p && p->fn != PointwiseFn::copy) return no("");
        return e.replaceRoot(m["x"], "a copy, removed");
    }
};

// cast<type of x>(x) => x
struct RemoveCast final : Rule {
    Pattern pattern() const override { return pw(PointwiseFn::cast).in(ir::any("x")); }
    Outcome apply(Edit& e, const Match& m) const override {
        if (e.desc(m["x"]).type != e.root().op.as<Pointwise>()->to) return no("");
        return e.replaceRoot(m["x"], "a cast to the same type, removed");
    }
};

// clip(x, -max, max) => x
struct RemoveOpenClip final : Rule {
    Pattern pattern() const override { return pw(PointwiseFn::clip).in(ir::any("x")); }
    Outcome apply(Edit& e, const Match& m) const override {
        const Pointwise* p = e.root().op.as<Pointwise>();
        if (p->alpha > -FLT_MAX || p->beta < FLT_MAX || e.desc(m["x"]).type != DataType::kFLOAT)
            return no("");
        return e.replaceRoot(m["x"], "a clip without bounds, removed");
    }
};

// x + 0 => x, and so on for every function with a neutral right operand (and left, where it
// commutes)
struct RemoveNeutral final : Rule {
    PointwiseFn fn;
    double neutral;
    const char* what;
    RemoveNeutral(PointwiseFn fn, double neutral, const char* what)
        : fn(fn), neutral(neutral), what(what) {}

    Pattern pattern() const override { return pw(fn).in(ir::any("x"), ir::constant("neutral")); }
    Outcome apply(Edit& e, const Match& m) const override {
        if (e.splat(m["neutral"]) != neutral) return no("");
        return removeRoot(e, m["x"], what);
    }
};

// select(true, a, b) => a, select(false, a, b) => b
struct RemoveSelect final : Rule {
    Pattern pattern() const override {
        return pw(PointwiseFn::select).in(ir::constant("condition"), ir::any("a"), ir::any("b"));
    }
    Outcome apply(Edit& e, const Match& m) const override {
        auto condition = e.splat(m["condition"]);
        if (!condition) return no("");
        return removeRoot(e, *condition != 0 ? m["a"] : m["b"],
                          "a choice known beforehand, removed");
    }
};

const RemoveCopy removeCopy;
const RemoveCast removeCast;
const RemoveOpenClip removeOpenClip;
const RemoveSelect removeSelect;
const RemoveNeutral removeSum(PointwiseFn::sum, 0, "x + 0, removed");
const RemoveNeutral removeSub(PointwiseFn::sub, 0, "x - 0, removed");
const RemoveNeutral removeProd(PointwiseFn::prod, 1, "x * 1, removed");
const RemoveNeutral removeDiv(PointwiseFn::div, 1, "x / 1, removed");
const RemoveNeutral removePow(PointwiseFn::pow, 1, "pow(x, 1), removed");
const RemoveNeutral removeAnd(PointwiseFn::logical_and, 1, "x and true, removed");
const RemoveNeutral removeOr(PointwiseFn::logical_or, 0, "x or false, removed");

}  // namespace

BIREME_PASS(remove_identity, "identity(x), cast<same>(x), x + 0, x * 1, x / 1, pow(x, 1) => x") {
    applyRules(run, {&removeCopy, &removeCast, &removeOpenClip, &removeSelect, &removeSum,
                     &removeSub, &removeProd, &removeDiv, &removePow, &removeAnd, &removeOr});
}

}  // namespace bireme::passes
