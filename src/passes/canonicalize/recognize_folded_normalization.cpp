// SPDX-License-Identifier: Apache-2.0
#include "ops/normalization.h"
#include "ops/reduce.h"
#include "passes/rules.h"
#include "passes/support/pointwise.h"

#include <algorithm>

namespace bireme::passes {

namespace {

// Axes of the mean of `x` that v is, dims kept; empty when it is anything else.
std::vector<int64_t> meanAxesOf(const Edit& e, ir::ValueId v, ir::ValueId x) {
    const ir::Node* n = e.producer(v);
    const auto* r = n ? n->op.as<ops::Reduce>() : nullptr;
    if (!r || r->operation != ReduceOperation::kAVG || !r->keepDims || n->inputs[0] != x) return {};
    std::vector<int64_t> axes = r->axes;
    for (int64_t& a : axes) a = a < 0 ? a + e.desc(x).rank() : a;
    std::sort(axes.begin(), axes.end());
    return axes;
}

// r = 1 / sqrt(mean((x - mean)^2) + epsilon): the epsilon, or nullopt.
std::optional<double> epsilonOf(Edit& e, ir::ValueId r, ir::ValueId x, ir::ValueId mean) {
    const ir::Graph& g = e.graph();
    if (!pointwiseOf(g, r, PointwiseFn::recip)) return std::nullopt;
    ir::ValueId root = e.producer(r)->inputs[0];
    if (!pointwiseOf(g, root, PointwiseFn::sqrt)) return std::nullopt;
    ir::ValueId sum = e.producer(root)->inputs[0];
    if (!pointwiseOf(g, sum, PointwiseFn::sum)) return std::nullopt;
    const auto in = e.producer(sum)->inputs;
    const size_t k = e.isConstant(in[0]) ? 0 : 1;
    auto epsilon = e.splat(in[k]);
    const ir::Node* variance = e.producer(in[1 - k]);
    if (!epsilon || !variance || !variance->op.is<ops::Reduce>()) return std::nullopt;
    const ir::ValueId square = variance->inputs[0];
    if (meanAxesOf(e, in[1 - k], square) != meanAxesOf(e, mean, x)) return std::nullopt;
    Factors f = factorsOf(e, square);
    if (f.values.size() != 2 || f.scale != 1 || f.values[0] != f.values[1]) return std::nullopt;
    const bool centered = pointwiseOf(g, f.values[0], PointwiseFn::sub) != nullptr;
    if (!centered || e.producer(f.values[0])->inputs != std::vector<ir::ValueId>{x, mean})
        return std::nullopt;
    return epsilon;
}

// factor = r * s or r; s is kNoValue in the latter case.
bool readFactor(Edit& e, ir::ValueId factor, ir::ValueId& r, ir::ValueId& s) {
    r = factor, s = ir::kNoValue;
    if (!pointwiseOf(e.graph(), factor, PointwiseFn::prod)) return true;
    const auto in = e.producer(factor)->inputs;
    const size_t k = e.isConstant(in[0]) ? 0 : 1;
    if (!e.isConstant(in[k])) return false;
    s = in[k], r = in[1 - k];
    return true;
}

// x * f + (b - mean * f) => normalization(x, s, b)      f = s / sqrt(mean((x - mean)^2) + e), as
// TensorFlow writes it
struct RecognizeFolded final : Rule {
    Pattern pattern() const override {
        return pw(PointwiseFn::sum)
            .in(pw(PointwiseFn::prod).single().in(ir::any("x"), ir::any("f")),
                pw(PointwiseFn::sub).single().in(ir::constant("b"), ir::any("shift")));
    }
    Outcome apply(Edit& e, const Match& m) const override {
        ir::ValueId x = m["x"], f = m["f"], shift = m["shift"];
        if (!pointwiseOf(e.graph(), shift, PointwiseFn::prod) || !e.isSingle(shift)) return no("");
        const auto in = e.producer(shift)->inputs;
        if (in[0] != f && in[1] != f) std::swap(x, f);
        if (in[0] != f && in[1] != f) return no("");
        const ir::ValueId mean = in[0] == f ? in[1] : in[0];
        const auto axes = meanAxesOf(e, mean, x);
        ir::ValueId r, s;
        if (axes.empty() || !readFactor(e, f, r, s)) return no("");
        auto epsilon = epsilonOf(e, r, x, mean);
        if (!epsilon) return no("");
        ops::Normalization n;
        n.axes = axes;
        n.epsilon = static_cast<float>(*epsilon);
        if (s == ir::kNoValue) s = e.addScalar(1, e.desc(x).type, 1);
        ir::ValueId y = e.add(ir::Op::of(n), {x, s, m["b"]});
        if (!(e.desc(y).dims == e.desc(e.root().outputs[0]).dims)) return no("");
        return e.replaceRoot(y, "is a normalization");
    }
};

const RecognizeFolded recognizeFolded;

}  // namespace

BIREME_PASS(
    recognize_folded_normalization,
    "x * f + (b - mean * f) => normalization(x, s, b) where f = s / sqrt(mean((x - mean)^2) "
    "+ e)") {
    applyRules(run, {&recognizeFolded});
}

}  // namespace bireme::passes
