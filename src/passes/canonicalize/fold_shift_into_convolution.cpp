// SPDX-License-Identifier: Apache-2.0
#include "ops/convolution.h"
#include "ops/deconvolution.h"
#include "ops/expand.h"
#include "ops/reduce.h"
#include "passes/rules.h"
#include "passes/support/pointwise.h"
#include "passes/support/weights.h"

#include <algorithm>

namespace bireme::passes {

namespace {

// A constant of one element as one of n.
ir::ValueId spread(Edit& e, ir::ValueId v, int64_t n) {
    return e.add(ir::Op::of(ops::Expand{}), {e.viewOfConstant(v, {1}), e.addInts({n})});
}

// convolution(x, w, b) + c => convolution(x, w, b + c)      c constant, one value per output
// channel
struct FoldShift final : Rule {
    Pattern pattern() const override {
        return pw(PointwiseFn::sum)
            .in(ir::op<ops::Convolution>("conv").orOp<ops::Deconvolution>(), ir::constant("c"));
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
        if (in[2] != ir::kNoValue)
            in[2] =
                e.add(pointwiseOp(PointwiseFn::sum), {in[2], e.viewOfConstant(m["c"], {*count})});
        else if (*count == channels.value())
            in[2] = e.viewOfConstant(m["c"], {*count});
        else
            in[2] = spread(e, m["c"], channels.value());
        ir::Op op = e.graph().node(conv).op;
        return e.replaceRoot(e.add(op, in, conv), "shift folded into the bias");
    }
};

bool hasPadding(const ir::Node& conv) {
    const auto& c = *conv.op.as<ops::Convolution>();
    auto isZero = [](int64_t p) { return p == 0; };
    bool explicitly = c.paddingMode == PaddingMode::kEXPLICIT_ROUND_DOWN;
    return !explicitly || !std::all_of(c.prePadding.begin(), c.prePadding.end(), isZero) ||
           !std::all_of(c.postPadding.begin(), c.postPadding.end(), isZero);
}

// convolution(x + c, w, b) => convolution(x, w, b + sum(w * c))      c constant, one value per
// input channel; no padding
struct FoldLeadingShift final : Rule {
    Pattern pattern() const override {
        return ir::op<ops::Convolution>().in(
            pw(PointwiseFn::sum, "shifted").in(ir::any("x"), ir::constant("c")));
    }
    Outcome apply(Edit& e, const Match& m) const override {
        if (e.isConstant(m["x"])) return no("");
        if (hasPadding(e.root())) return no("the padding of the convolution is zero, not shifted");
        if (!e.isSingle(m["shifted"])) return no("the shifted input has other readers");
        auto count = valuesAlong(e.desc(m["c"]), e.desc(m["x"]), 1);
        if (!count) return no("the shift of the input is not one value per channel");
        std::vector<ir::ValueId> in = e.root().inputs;
        if (std::string why = whyFixed(e, in[1]); !why.empty()) return no(why);
        in.resize(3, ir::kNoValue);
        if (in[2] != ir::kNoValue && !e.isConstant(in[2])) return no("the bias is not constant");
        const auto& op = *e.root().op.as<ops::Convolution>();
        ir::Op conv = e.root().op;
        ir::ValueId shifts = scaleWeights(e, pointwiseOp(PointwiseFn::prod), in[1], m["c"], *count,
                                          {1, 0, op.groups});
        ops::Reduce sum;
        sum.keepDims = false;
        for (int i = 1; i < e.desc(in[1]).rank(); ++i) sum.axes.push_back(i);
        ir::ValueId bias = e.add(ir::Op::of(sum), {shifts});
        in[0] = m["x"];
        in[2] = in[2] == ir::kNoValue ? bias : e.add(pointwiseOp(PointwiseFn::sum), {in[2], bias});
        return e.replaceRoot(e.add(conv, in), "shift of the input folded into the bias");
    }
};

const FoldShift foldShift;
const FoldLeadingShift foldLeadingShift;

}  // namespace

BIREME_PASS(fold_shift_into_convolution,
            "convolution(x, w, b) + c => convolution(x, w, b + c), "
            "convolution(x + c, w, b) => convolution(x, w, b + sum(w * c))") {
    applyRules(run, {&foldShift, &foldLeadingShift});
}

}  // namespace bireme::passes
