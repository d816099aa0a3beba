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

// d - log(sum(exp(d))) => log_softmax(x) for d = x - c, and x - (log(sum(exp(x - c))) + c)
// likewise: any c that is the same along the axis leaves a log-softmax as it is
struct RecognizeLogSum final : Rule {
    Pattern pattern() const override {
        return pw(PointwiseFn::sub).in(ir::any("d"), ir::any("total"));
    }
    Outcome apply(Edit& e, const Match& m) const override {
        ir::ValueId x = m["d"], total = m["total"], shift = ir::kNoValue;
        if (pointwiseOf(e.graph(), total, PointwiseFn::sum)) {
            const auto in = e.producer(total)->inputs;
            const size_t k = pointwiseOf(e.graph(), in[0], PointwiseFn::log) ? 0 : 1;
            total = in[k], shift = in[1 - k];
        }
        if (!pointwiseOf(e.graph(), total, PointwiseFn::log)) return no("");
        const ir::ValueId sum = e.producer(total)->inputs[0];
        const int rank = e.desc(x).rank();
        const int64_t axis = axisOf(e, sum, ReduceOperation::kSUM, rank);
        if (axis < 0) return no("");
        const ir::ValueId power = e.producer(sum)->inputs[0];
        if (!pointwiseOf(e.graph(), power, PointwiseFn::exp)) return no("");
        const ir::ValueId d = e.producer(power)->inputs[0];
        const bool shifted = pointwiseOf(e.graph(), d, PointwiseFn::sub) != nullptr;
        if (shift != ir::kNoValue) {
            if (!shifted || e.producer(d)->inputs != std::vector<ir::ValueId>{x, shift} ||
                e.desc(shift).rank() != rank ||
                !e.desc(shift).dims[static_cast<size_t>(axis)].is(1))
                return no("");
        } else if (d != x) {
            return no("");
        } else if (shifted) {
            const auto in = e.producer(d)->inputs;
            if (e.desc(in[1]).rank() == rank && e.desc(in[0]).dims == e.desc(d).dims &&
                e.desc(in[1]).dims[static_cast<size_t>(axis)].is(1))
                x = in[0];
        }
        if (!(e.desc(x).dims == e.desc(e.root().outputs[0]).dims)) return no("");
        ops::Softmax softmax;
        softmax.axis = axis;
        softmax.log = true;
        return e.replaceRoot(e.add(ir::Op::of(softmax), {x}), "is a log-softmax");
    }
};

const RecognizeSoftmax recognizeSoftmax;
const RecognizeLogSum recognizeLogSum;
const RecognizeLogSoftmax recognizeLogSoftmax;

}  // namespace

BIREME_PASS(
    recognize_softmax,
    "exp(x - max(x)) / sum(exp(x - max(x))) => softmax(x), log(softmax(x)) => log_softmax(x), "
    "x - log(sum(exp(x))) => log_softmax(x)") {
    applyRules(run, {&recognizeSoftmax, &recognizeLogSoftmax, &recognizeLogSum});
}

}  // namespace bireme::passes
