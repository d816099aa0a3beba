// SPDX-License-Identifier: Apache-2.0
#include "ops/reduce.h"
#include "ops/softmax.h"
#include "passes/rules.h"
#include "passes/support/pointwise.h"

namespace bireme::passes {

namespace {

// The one axis of a reduction that keeps dims, or -1.
int64_t axisOf(const Edit& e, ir::ValueId v, ReduceOperation operation, int rank) {
    const ir::Node* n = e.producer(v);
    const auto* r = n ? n->op.as<ops::Reduce>() : nullptr;
    if (!r || r->operation != operation || !r->keepDims || r->axes.size() != 1) return -1;
    return r->axes[0] < 0 ? r->axes[0] + rank : r->axes[0];
}

// exp(x) / sum(exp(x)) => softmax(x), with or without x - max(x) inside
struct RecognizeSoftmax final : Rule {
    Pattern pattern() const override {
        return pw(PointwiseFn::div)
            .in(pw(PointwiseFn::exp, "exp").in(ir::any("x")),
                ir::op<ops::Reduce>("sum").single().in(ir::any("exp")));
    }
    Outcome apply(Edit& e, const Match& m) const override {
        ir::ValueId x = m["x"];
        int rank = e.desc(x).rank();
        int64_t axis = axisOf(e, m["sum"], ReduceOperation::kSUM, rank);
        if (axis < 0) return no("exp(x) / sum(exp(x)), but not along one kept axis");
        if (pointwiseOf(e.graph(), x, PointwiseFn::sub)) {
            const ir::Node& sub = *e.producer(x);
            bool shifted = axisOf(e, sub.inputs[1], ReduceOperation::kMAX, rank) == axis &&
                           e.producer(sub.inputs[1])->inputs[0] == sub.inputs[0];
            if (shifted) {
                e.consumes(sub.id);
                x = sub.inputs[0];
            }
        }
        ops::Softmax softmax;
        softmax.axis = axis;
        return e.replaceRoot(e.add(ir::Op::of(softmax), {x}), "is a softmax");
    }
};

// log(softmax(x)) => log_softmax(x)
struct RecognizeLogSoftmax final : Rule {
    Pattern pattern() const override {
        return pw(PointwiseFn::log).in(ir::op<ops::Softmax>("softmax").single().in(ir::any("x")));
    }
    Outcome apply(Edit& e, const Match& m) const override {
        ops::Softmax softmax = *e.producer(m["softmax"])->op.as<ops::Softmax>();
        if (softmax.log) return no("");
        softmax.log = true;
        return e.replaceRoot(e.add(ir::Op::of(softmax), {m["x"]}), "is a log-softmax");
    }
};

const RecognizeSoftmax recognizeSoftmax;
const RecognizeLogSoftmax recognizeLogSoftmax;

}  // namespace

BIREME_PASS(
    recognize_softmax,
    "exp(x - max(x)) / sum(exp(x - max(x))) => softmax(x), log(softmax(x)) => log_softmax(x)") {
    applyRules(run, {&recognizeSoftmax, &recognizeLogSoftmax});
}

}  // namespace bireme::passes
