// SPDX-License-Identifier: Apache-2.0
#include "passes/rules.h"
#include "passes/support/pointwise.h"

namespace bireme::passes {

namespace {

// v = x * scale + shift?
bool isAffine(Edit& e, ir::ValueId v, ir::ValueId x, double scale, double shift) {
    if (!pointwiseOf(e.graph(), v, PointwiseFn::sum)) return false;
    const auto in = e.producer(v)->inputs;
    for (size_t i = 0; i < 2; ++i) {
        auto number = e.splat(in[1 - i]);
        if (number && near(*number, shift) && isScaled(e, in[i], x, scale)) return true;
    }
    return false;
}

// The gate of hard swish times `scale`: hard_sigmoid<1/6, 1/2>(x), clip(x / 6 + 1/2, 0, 1) or
// clip(x + 3, 0, 6) / 6.
bool isGate(Edit& e, ir::ValueId gate, ir::ValueId x, double scale) {
    const ir::Node* n = e.producer(gate);
    const Pointwise* p = n ? n->op.as<Pointwise>() : nullptr;
    if (!p || !e.isSingle(gate)) return false;
    if (p->fn == PointwiseFn::hard_sigmoid)
        return n->inputs[0] == x && near(scale, 1) && near(p->alpha, 1.0 / 6, 1e-5) &&
               near(p->beta, 0.5);
    if (p->fn != PointwiseFn::clip || p->alpha != 0) return false;
    ir::ValueId inside = n->inputs[0];
    if (near(p->beta, 6)) return near(scale, 1.0 / 6) && isAffine(e, inside, x, 1, 3);
    return near(p->beta, 1) && near(scale, 1) && isAffine(e, inside, x, 1.0 / 6, 0.5);
}

// x * clip(x + 3, 0, 6) / 6 => hard_swish(x), in every order of the factors
struct RecognizeHardSwish final : Rule {
    Pattern pattern() const override {
        auto test = [](const ir::Op& op, int64_t) {
            PointwiseFn fn = op.as<Pointwise>()->fn;
            return fn == PointwiseFn::prod || fn == PointwiseFn::div;
        };
        return ir::op<Pointwise>().where(test);
    }
    Outcome apply(Edit& e, const Match&) const override {
        Factors f = factorsOf(e, e.root().outputs[0]);
        if (f.values.size() != 2) return no("");
        for (size_t k = 0; k < 2; ++k) {
            if (!isGate(e, f.values[1 - k], f.values[k], f.scale)) continue;
            for (ir::NodeId n : f.nodes) e.consumes(n);
            e.consumes(e.producer(f.values[1 - k])->id);
            return replaceRootByUnary(e, PointwiseFn::hard_swish, f.values[k], 0, 0,
                                      "is hard swish");
        }
        return no("");
    }
};

const RecognizeHardSwish recognizeHardSwish;

}  // namespace

BIREME_PASS(recognize_hard_swish,
            "x * clip(x + 3, 0, 6) / 6, x * hard_sigmoid<1/6, 1/2>(x) => hard_swish(x)") {
    applyRules(run, {&recognizeHardSwish});
}

}  // namespace bireme::passes
