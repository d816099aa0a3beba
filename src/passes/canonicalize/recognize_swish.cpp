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

const RecognizeSwish recognizeSwish;
const RecognizeMish recognizeMish;
const RecognizeSoftplus recognizeSoftplus;

}  // namespace

BIREME_PASS(recognize_swish,
            "x * sigmoid(a * x) => swish<a>(x), x * tanh(softplus(x)) => mish(x), "
            "log(exp(x) + 1) => softplus(x)") {
    applyRules(run, {&recognizeSwish, &recognizeMish, &recognizeSoftplus});
}

}  // namespace bireme::passes
