// SPDX-License-Identifier: Apache-2.0
#include "passes/rules.h"
#include "passes/support/pointwise.h"

namespace bireme::passes {

namespace {

// x * sigmoid(a * x) => swish<a>(x)
struct RecognizeSwish final : Rule {
    Pattern pattern() const override {
        return pw(PointwiseFn::prod)
            .in(pw(PointwiseFn::sigmoid, "gate").in(ir::any("z")), ir::any("x"));
    }
    Outcome apply(Edit& e, const Match& m) const override {
        Factors z = factorsOf(e, m["z"]);
        bool same = m["z"] == m["x"];
        if (!same && (z.values.size() != 1 || z.values[0] != m["x"])) return no("");
        if (!e.isSingle(m["gate"]))
            return no("x * sigmoid(a * x), but the sigmoid has other readers");
        return replaceRootByUnary(e, PointwiseFn::swish, m["x"],
                                  same ? 1.f : static_cast<float>(z.scale), 0, "is swish");
    }
};

// x * tanh(softplus(x)) => mish(x)
struct RecognizeMish final : Rule {
    Pattern pattern() const override {
        return pw(PointwiseFn::prod)
            .in(pw(PointwiseFn::tanh)
                    .single()
                    .in(pw(PointwiseFn::softplus, "plus").single().in(ir::any("x"))),
                ir::any("x"));
    }
    Outcome apply(Edit& e, const Match& m) const override {
        const Pointwise* p = e.producer(m["plus"])->op.as<Pointwise>();
        if (p->alpha != 1 || p->beta != 1) return no("");
        return replaceRootByUnary(e, PointwiseFn::mish, m["x"], 0, 0, "is mish");
    }
};

// log(exp(x) + 1) => softplus<1, 1>(x)
struct RecognizeSoftplus final : Rule {
    Pattern pattern() const override {
        return pw(PointwiseFn::log)
            .in(pw(PointwiseFn::sum)
                    .single()
                    .in(pw(PointwiseFn::exp).single().in(ir::any("x")), ir::constant("one")));
    }
    Outcome apply(Edit& e, const Match& m) const override {
        if (e.splat(m["one"]) != 1) return no("");
        return replaceRootByUnary(e, PointwiseFn::softplus, m["x"], 1, 1, "is softplus");
    }
};

// v = log(1 + exp(z)): z; else kNoValue.
ir::ValueId plainSoftplus(const Edit& e, ir::ValueId v) {
    const Pointwise* p = pointwiseOf(e.graph(), v, PointwiseFn::softplus);
    return p && p->alpha == 1 && p->beta == 1 ? e.producer(v)->inputs[0] : ir::kNoValue;
}

// select(b * x > t, x, softplus(b * x) / b) => softplus<1 / b, b>(x)      t of 15 or more, from
// where on both are the same
struct SoftplusUpTo final : Rule {
    Pattern pattern() const override {
        return pw(PointwiseFn::select)
            .in(pw(PointwiseFn::greater).in(ir::any("z"), ir::constant("t")), ir::any("x"),
                ir::op<Pointwise>("soft").single());
    }
    Outcome apply(Edit& e, const Match& m) const override {
        const auto t = e.splat(m["t"]);
        const bool scaled = m["z"] != m["x"];
        const Factors f = scaled ? factorsOf(e, m["soft"]) : Factors{1, {m["soft"]}, {}};
        if (!t || *t < 15 || f.values.size() != 1 || plainSoftplus(e, f.values[0]) != m["z"])
            return no("");
        const double b = 1 / f.scale;
        if (scaled && (!(b > 0) || !isScaled(e, m["z"], m["x"], b))) return no("");
        return replaceRootByUnary(e, PointwiseFn::softplus, m["x"], static_cast<float>(1 / b),
                                  static_cast<float>(b), "is softplus");
    }
};

// relu(x) + log(1 + exp(-|x|)) => softplus<1, 1>(x)
struct StableSoftplus final : Rule {
    Pattern pattern() const override {
        return pw(PointwiseFn::sum)
            .in(pw(PointwiseFn::relu).in(ir::any("x")),
                pw(PointwiseFn::softplus, "soft")
                    .single()
                    .in(pw(PointwiseFn::neg).in(pw(PointwiseFn::abs).in(ir::any("x")))));
    }
    Outcome apply(Edit& e, const Match& m) const override {
        if (plainSoftplus(e, m["soft"]) == ir::kNoValue) return no("");
        return replaceRootByUnary(e, PointwiseFn::softplus, m["x"], 1, 1, "is softplus");
    }
};

const RecognizeSwish recognizeSwish;
const RecognizeMish recognizeMish;
const RecognizeSoftplus recognizeSoftplus;
const SoftplusUpTo softplusUpTo;
const StableSoftplus stableSoftplus;

}  // namespace

BIREME_PASS(recognize_swish,
            "x * sigmoid(a * x) => swish<a>(x), x * tanh(softplus(x)) => mish(x), "
            "log(exp(x) + 1), select(x > 20, x, log(exp(x) + 1)) => softplus(x)") {
    applyRules(
        run, {&recognizeSwish, &recognizeMish, &recognizeSoftplus, &softplusUpTo, &stableSoftplus});
}

}  // namespace bireme::passes
