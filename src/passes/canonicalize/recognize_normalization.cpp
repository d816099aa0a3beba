// SPDX-License-Identifier: Apache-2.0
#include "ops/normalization.h"
#include "ops/reduce.h"
#include "passes/rules.h"
#include "passes/support/pointwise.h"

#include <algorithm>

namespace bireme::passes {

namespace {

// Axes of a mean that keeps dims, non-negative and ascending; empty when the node is anything else.
std::vector<int64_t> meanAxes(const Edit& e, ir::ValueId v, int rank) {
    const auto* r = e.producer(v)->op.as<ops::Reduce>();
    if (!r || r->operation != ReduceOperation::kAVG || !r->keepDims) return {};
    std::vector<int64_t> axes = r->axes;
    for (int64_t& a : axes) a = a < 0 ? a + rank : a;
    std::sort(axes.begin(), axes.end());
    return axes;
}

// sqrt(mean(square) + epsilon)
Pattern deviation() {
    return pw(PointwiseFn::sqrt)
        .single()
        .in(pw(PointwiseFn::sum)
                .single()
                .in(ir::op<ops::Reduce>("variance").single().in(ir::any("square")),
                    ir::constant("epsilon")));
}

// sqrt(mean(square) - m^2 + epsilon)
Pattern deviationOfSquares() {
    return pw(PointwiseFn::sqrt)
        .single()
        .in(pw(PointwiseFn::sum)
                .single()
                .in(pw(PointwiseFn::sub)
                        .single()
                        .in(ir::op<ops::Reduce>("variance").single().in(ir::any("square")),
                            ir::any("squared mean")),
                    ir::constant("epsilon")));
}

bool isSquareOf(Edit& e, ir::ValueId square, ir::ValueId x) {
    Factors f = factorsOf(e, square);
    if (f.values != std::vector<ir::ValueId>{x, x} || f.scale != 1) return false;
    for (ir::NodeId n : f.nodes) e.consumes(n);
    return true;
}

Outcome normalize(Edit& e, const Match& m, ir::ValueId x, ir::ValueId centered, ir::ValueId mean) {
    int rank = e.desc(x).rank();
    auto axes = meanAxes(e, m["variance"], rank);
    auto epsilon = e.splat(m["epsilon"]);
    if (axes.empty() || !epsilon) return no("");
    bool rms = mean == ir::kNoValue;
    if (!rms && meanAxes(e, mean, rank) != axes)
        return no("mean and variance run over different axes");
    if (!isSquareOf(e, m["square"], centered)) return no("");
    ops::Normalization n;
    n.axes = axes;
    n.epsilon = static_cast<float>(*epsilon);
    n.rms = rms;
    return e.replaceRoot(e.add(ir::Op::of(n), {x}),
                         rms ? "is a root-mean-square normalization" : "is a normalization");
}

// (x - mean(x)) / sqrt(mean((x - mean(x))^2) + epsilon) => normalization(x)
struct RecognizeNormalization final : Rule {
    Pattern right;
    PointwiseFn fn;
    RecognizeNormalization(PointwiseFn fn, Pattern right) : right(std::move(right)), fn(fn) {}
    Pattern pattern() const override {
        return pw(fn).in(pw(PointwiseFn::sub, "centered")
                             .in(ir::any("x"), ir::op<ops::Reduce>("mean").in(ir::any("x"))),
                         right);
    }
    Outcome apply(Edit& e, const Match& m) const override {
        return normalize(e, m, m["x"], m["centered"], m["mean"]);
    }
};

// (x - mean(x)) / sqrt(mean(x^2) - mean(x)^2 + epsilon) => normalization(x)
struct RecognizeBySquares final : Rule {
    Pattern right;
    PointwiseFn fn;
    RecognizeBySquares(PointwiseFn fn, Pattern right) : right(std::move(right)), fn(fn) {}
    Pattern pattern() const override {
        return pw(fn).in(
            pw(PointwiseFn::sub).in(ir::any("x"), ir::op<ops::Reduce>("mean").in(ir::any("x"))),
            right);
    }
    Outcome apply(Edit& e, const Match& m) const override {
        if (!isSquareOf(e, m["squared mean"], m["mean"])) return no("");
        return normalize(e, m, m["x"], m["x"], m["mean"]);
    }
};

// x / sqrt(mean(x^2) + epsilon) => normalization<rms>(x)
struct RecognizeRms final : Rule {
    Pattern right;
    PointwiseFn fn;
    RecognizeRms(PointwiseFn fn, Pattern right) : right(std::move(right)), fn(fn) {}
    Pattern pattern() const override { return pw(fn).in(ir::any("x"), right); }
    Outcome apply(Edit& e, const Match& m) const override {
        if (e.desc(e.root().outputs[0]).dims != e.desc(m["x"]).dims) return no("");
        return normalize(e, m, m["x"], m["x"], ir::kNoValue);
    }
};

// normalization(x) * scale => normalization(x, scale), normalization(x, scale) + bias =>
// normalization(x, scale, bias)
struct TakeParameter final : Rule {
    PointwiseFn fn;
    explicit TakeParameter(PointwiseFn fn) : fn(fn) {}
    Pattern pattern() const override {
        return pw(fn).in(ir::op<ops::Normalization>("norm").single(), ir::constant("parameter"));
    }
    Outcome apply(Edit& e, const Match& m) const override {
        const ir::Node norm = *e.producer(m["norm"]);  // new nodes move it
        std::vector<ir::ValueId> in = norm.inputs;
        in.resize(3, ir::kNoValue);
        bool scale = fn == PointwiseFn::prod;
        if (e.desc(e.root().outputs[0]).dims != e.desc(m["norm"]).dims)
            return no("it also broadcasts");
        const ir::ValueId parameter = m["parameter"];
        const bool biased = in[2] != ir::kNoValue;
        bool fits = true;  // (n s + b) c = n (s c) + b c
        auto take = [&](size_t k) {
            in[k] = in[k] == ir::kNoValue ? parameter : combined(e, fn, in[k], parameter);
            fits = fits && in[k] != ir::kNoValue;
        };
        if (scale) take(1);
        if (!scale || biased) take(2);
        if (!fits) return no("the normalization has its parameters already");
        if (in[2] == ir::kNoValue) in.pop_back();
        ir::Op op = norm.op;
        return e.replaceRoot(e.add(op, in, norm.id), scale ? "scale taken into the normalization"
                                                           : "bias taken into the normalization");
    }

private:
    // Of two constants; kNoValue where it would be larger than both.
    static ir::ValueId combined(Edit& e, PointwiseFn fn, ir::ValueId a, ir::ValueId b) {
        if (!e.isConstant(a)) return ir::kNoValue;
        const ir::ValueId both = e.add(pointwiseOp(fn), {a, b});
        const auto sizeOf = [&](ir::ValueId v) { return volume(e.desc(v).dims).valueOr(0); };
        return sizeOf(both) <= std::max(sizeOf(a), sizeOf(b)) ? both : ir::kNoValue;
    }
};

const RecognizeNormalization divided(PointwiseFn::div, deviation());
const RecognizeNormalization multiplied(PointwiseFn::prod,
                                        pw(PointwiseFn::recip).single().in(deviation()));
const RecognizeBySquares squaresDivided(PointwiseFn::div, deviationOfSquares());
const RecognizeBySquares squaresMultiplied(
    PointwiseFn::prod, pw(PointwiseFn::recip).single().in(deviationOfSquares()));
const RecognizeRms rmsDivided(PointwiseFn::div, deviation());
const RecognizeRms rmsMultiplied(PointwiseFn::prod,
                                 pw(PointwiseFn::recip).single().in(deviation()));
const TakeParameter takeScale(PointwiseFn::prod);
const TakeParameter takeBias(PointwiseFn::sum);

}  // namespace

BIREME_PASS(recognize_normalization,
            "(x - mean) / sqrt(mean((x - mean)^2) + e) * s + b => normalization(x, s, b); "
            "the same with mean(x^2) - mean^2 for the variance; "
            "x / sqrt(mean(x^2) + e) => normalization<rms>(x)") {
    applyRules(run, {&divided, &multiplied, &squaresDivided, &squaresMultiplied, &rmsDivided,
                     &rmsMultiplied, &takeScale, &takeBias});
}

}  // namespace bireme::passes
