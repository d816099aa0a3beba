// SPDX-License-Identifier: Apache-2.0
#include "passes/rules.h"
#include "passes/support/pointwise.h"

namespace bireme::passes {

namespace {

// The formula's root: a product of x, a function of x, and a number.
ir::Pattern product() {
    auto test = [](const ir::Op& op, int64_t) {
        PointwiseFn fn = op.as<Pointwise>()->fn;
        return fn == PointwiseFn::prod || fn == PointwiseFn::div;
    };
    return ir::op<Pointwise>().where(test);
}

// v = f(...) + 1 with single-use f: what f reads, else kNoValue.
ir::ValueId onePlus(Edit& e, ir::ValueId v, PointwiseFn f) {
    if (!pointwiseOf(e.graph(), v, PointwiseFn::sum) || !e.isSingle(v)) return ir::kNoValue;
    const auto in = e.producer(v)->inputs;
    for (size_t i = 0; i < 2; ++i) {
        if (!pointwiseOf(e.graph(), in[i], f) || !e.isSingle(in[i]) || e.splat(in[1 - i]) != 1)
            continue;
        e.consumes(e.producer(v)->id);
        e.consumes(e.producer(in[i])->id);
        return e.producer(in[i])->inputs[0];
    }
    return ir::kNoValue;
}

// v = x + 0.044715 x^3?
bool isCubic(Edit& e, ir::ValueId v, ir::ValueId x) {
    if (!pointwiseOf(e.graph(), v, PointwiseFn::sum)) return false;
    const auto in = e.producer(v)->inputs;
    double rounding = roundingOf(e.desc(v).type);
    for (size_t i = 0; i < 2; ++i) {
        if (in[i] != x) continue;
        Factors f = factorsOf(e, in[1 - i]);
        if (f.values == std::vector<ir::ValueId>{x, x, x} && near(f.scale, 0.044715, rounding))
            return true;
        // Products that a former step shared: x * (x * x), where x * x has other readers.
        if (f.values.size() == 2 && near(f.scale, 0.044715, rounding)) {
            for (size_t k = 0; k < 2; ++k)
                if (f.values[k] == x &&
                    factorsOf(e, f.values[1 - k]).values == std::vector<ir::ValueId>{x, x})
                    return true;
        }
    }
    return false;
}

// v = 1 + 0.044715 x^2?
bool isSquarePlusOne(Edit& e, ir::ValueId v, ir::ValueId x) {
    if (!pointwiseOf(e.graph(), v, PointwiseFn::sum)) return false;
    const auto in = e.producer(v)->inputs;
    for (size_t i = 0; i < 2; ++i) {
        if (e.splat(in[i]) != 1) continue;
        Factors f = factorsOf(e, in[1 - i]);
        return f.values == std::vector<ir::ValueId>{x, x} &&
               near(f.scale, 0.044715, roundingOf(e.desc(v).type));
    }
    return false;
}

// v = sqrt(2 / pi) * (x + 0.044715 x^3), or sqrt(2 / pi) * x * (1 + 0.044715 x^2)?
bool isTanhArgument(Edit& e, ir::ValueId v, ir::ValueId x) {
    Factors f = factorsOf(e, v);
    if (!near(f.scale, 0.79788456080286536, roundingOf(e.desc(x).type))) return false;
    if (f.values.size() == 1) return isCubic(e, f.values[0], x);
    if (f.values.size() != 2) return false;
    for (size_t k = 0; k < 2; ++k)
        if (f.values[k] == x && isSquarePlusOne(e, f.values[1 - k], x)) return true;
    return false;
}

// 0.5 * x * (1 + erf(x / sqrt(2))) => gelu_erf(x)
// 0.5 * x * (1 + tanh(sqrt(2 / pi) * (x + 0.044715 * x^3))) => gelu_tanh(x)
struct RecognizeGelu final : Rule {
    Pattern pattern() const override { return product(); }
    Outcome apply(Edit& e, const Match&) const override {
        Factors f = factorsOf(e, e.root().outputs[0]);
        if (f.values.size() != 2 || !near(f.scale, 0.5)) return no("");
        for (size_t k = 0; k < 2; ++k) {
            ir::ValueId x = f.values[k], g = f.values[1 - k];
            ir::ValueId erf = onePlus(e, g, PointwiseFn::erf),
                        tanh = onePlus(e, g, PointwiseFn::tanh);
            for (ir::NodeId n : f.nodes) e.consumes(n);
            if (erf != ir::kNoValue && isScaled(e, erf, x, 0.70710678118654752))
                return replaceRootByUnary(e, PointwiseFn::gelu_erf, x, 0, 0, "is gelu (erf)");
            if (tanh == ir::kNoValue) continue;
            if (isTanhArgument(e, tanh, x))
                return replaceRootByUnary(e, PointwiseFn::gelu_tanh, x, 0, 0, "is gelu (tanh)");
            return no("0.5 * x * (1 + tanh(...)), but not the argument of gelu");
        }
        return no("");
    }
};

const RecognizeGelu recognizeGelu;

}  // namespace

BIREME_PASS(recognize_gelu,
            "0.5 * x * (1 + erf(x / sqrt(2))) => gelu_erf(x); the tanh form => gelu_tanh(x)") {
    applyRules(run, {&recognizeGelu});
}

}  // namespace bireme::passes
