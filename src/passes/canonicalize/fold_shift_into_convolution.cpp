// SPDX-License-Identifier: Apache-2.0
#include "ops/convolution.h"
#include "ops/deconvolution.h"
#include "ops/expand.h"
#include "passes/rules.h"
#include "passes/support/pointwise.h"
#include "passes/support/weights.h"

namespace bireme::passes {

namespace {

// A constant of one element as one of n.
ir::ValueId spread(Edit& e, ir::ValueId v, int64_t n) {
    return e.add(ir::Op::of(ops::Expand{}), {e.viewOfConstant(v, {1}), e.addInts({n})});
}

// convolution(x, w, b) + c => convolution(x, w, b + c)      c constant, one value per output channel
struct FoldShift final : Rule {
    Pattern pattern() const override {
        return pw(PointwiseFn::sum).in(ir::op<ops::Convolution>("conv").orOp<ops::Deconvolution>(), ir::constant("c"));
    }
    Outcome apply(Edit& e, const Match& m) const override {
        if (!e.isSingle(m["conv"])) return no("the convolution before the shift has other readers");
        auto count = valuesAlong(e.desc(m["c"]), e.desc(m["conv"]), 1);
        if (!count) return no("the shift is not one value per output channel");
        const Dim channels = e.desc(m["conv"]).dims[1];
        const ir::NodeId conv = e.producer(m["conv"])->id;
        std::vector<ir::ValueId> in = e.graph().node(conv).inputs;
        in.resize(3, ir::kNoValue);
        if (in[2] != ir::kNoValue && !e.isConstant(in[2])) return no("the bias is not constant");
        if (!channels.isStatic()) return no("the number of channels is not known");
        if (in[2] != ir::kNoValue) in[2] = e.add(pointwiseOp(PointwiseFn::sum), {in[2], e.viewOfConstant(m["c"], {*count})});
        else if (*count == channels.value()) in[2] = e.viewOfConstant(m["c"], {*count});
        else in[2] = spread(e, m["c"], channels.value());
        ir::Op op = e.graph().node(conv).op;
        return e.replaceRoot(e.add(op, in, conv), "shift folded into the bias");
    }
};

const FoldShift foldShift;

} // namespace

BIREME_PASS(fold_shift_into_convolution, "convolution(x, w, b) + c => convolution(x, w, b + c)") {
    applyRules(run, {&foldShift});
}

} // namespace bireme::passes
