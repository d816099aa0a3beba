// SPDX-License-Identifier: Apache-2.0
#include "ir/group.h"
#include "ops/normalization.h"
#include "ops/reduce.h"
#include "passes/rules.h"
#include "passes/support/pointwise.h"

#include <cmath>

namespace bireme::passes {

namespace {

// max(a, number): a; the number in `least`. kNoValue when it is none.
ir::ValueId atLeast(Edit& e, ir::ValueId v, double& least) {
    if (!pointwiseOf(e.graph(), v, PointwiseFn::max) || !e.isSingle(v)) return ir::kNoValue;
    const auto& in = e.producer(v)->inputs;
    for (size_t i : {0u, 1u})
        if (auto number = e.splat(in[i]); number && *number > 0) {
            least = *number;
            return in[1 - i];
        }
    return ir::kNoValue;
}

// fn(a) with one reader: a.
ir::ValueId under(Edit& e, ir::ValueId v, PointwiseFn fn) {
    return pointwiseOf(e.graph(), v, fn) && e.isSingle(v) ? e.producer(v)->inputs[0] : ir::kNoValue;
}

// max(sqrt(s), least) or sqrt(max(s, least)): s, and the least of s.
ir::ValueId normOf(Edit& e, ir::ValueId v, double& least) {
    if (ir::ValueId s = atLeast(e, v, least); s != ir::kNoValue) {
        least *= least;
        return under(e, s, PointwiseFn::sqrt);
    }
    const ir::ValueId s = under(e, v, PointwiseFn::sqrt);
    return s == ir::kNoValue ? s : atLeast(e, s, least);
}

// x / max(sqrt(sum(x^2)), e) => normalization<rms, floor e^2 / n>(x) / sqrt(n)       n elements a
// sum
struct RecognizeL2 final : Rule {
    const PassContext& context;
    const PointwiseFn fn;
    RecognizeL2(const PassContext& context, PointwiseFn fn) : context(context), fn(fn) {}
    Pattern pattern() const override { return pw(fn); }
    Outcome apply(Edit& e, const Match&) const override {
        const std::vector<ir::ValueId> in = e.root().inputs;
        if (fn == PointwiseFn::div) return normalize(e, in[0], in[1]);
        for (size_t i : {0u, 1u})
            if (ir::ValueId norm = under(e, in[i], PointwiseFn::recip); norm != ir::kNoValue)
                return normalize(e, in[1 - i], norm);
        return no("");
    }

private:
    Outcome normalize(Edit& e, ir::ValueId x, ir::ValueId norm) const {
        double least = 0;
        const ir::ValueId sum = normOf(e, norm, least);
        const ir::Node* made = sum == ir::kNoValue ? nullptr : e.producer(sum);
        const auto* reduce = made ? made->op.as<ops::Reduce>() : nullptr;
        if (!reduce || reduce->operation != ReduceOperation::kSUM || !reduce->keepDims ||
            !e.isSingle(sum))
            return no("");
        const Factors square = factorsOf(e, made->inputs[0]);
        if (square.values != std::vector<ir::ValueId>{x, x} || square.scale != 1) return no("");
        if (e.desc(x).type != DataType::kFLOAT) return no("the sum is not one of f32");
        ops::Normalization op;
        op.axes = reduce->axes;
        op.rms = op.floor = true;
        int64_t n = 1;
        for (int64_t a : op.axes) {
            const auto rank = static_cast<int64_t>(e.desc(x).dims.size());
            const Dim& extent = e.desc(x).dims[static_cast<size_t>(a < 0 ? a + rank : a)];
            if (!extent.isStatic()) return no("the number of elements of a sum is not known");
            n *= extent.value();
        }
        if (n < 1) return no("");
        const double count = static_cast<double>(n);
        op.epsilon = static_cast<float>(least / count);
        if (!std::isnormal(op.epsilon)) return no("the least norm is too small a number");
        const ir::ValueId scale =
            e.addScalar(1 / std::sqrt(count), e.desc(x).type, e.desc(x).rank());
        const ir::ValueId y = e.add(ir::Op::of(op), {x, scale});
        if (Support s = context.canRun(ir::bodyOf(e.graph(), e.producer(y)->id)); !s.ok)
            return no(s.why);
        return e.replaceRoot(y, "is an L2 normalization");
    }
};

}  // namespace

BIREME_PASS(
    recognize_l2_normalization,
    "x / max(sqrt(sum(x^2)), e), x / sqrt(max(sum(x^2), e)) => normalization<rms, floor>(x) "
    "/ sqrt(n)") {
    const RecognizeL2 divided(run.context, PointwiseFn::div),
        multiplied(run.context, PointwiseFn::prod);
    applyRules(run, {&divided, &multiplied});
}

}  // namespace bireme::passes
