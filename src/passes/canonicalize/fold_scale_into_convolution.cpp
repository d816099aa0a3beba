// SPDX-License-Identifier: Apache-2.0
#include "ops/convolution.h"
#include "ops/deconvolution.h"
#include "passes/rules.h"
#include "passes/support/pointwise.h"
#include "passes/support/weights.h"

namespace bireme::passes {

namespace {

// Output channels: rows of a convolution's weights; of a deconvolution, columns, in groups of its
// rows.
WeightAxis outputChannels(const ir::Node& conv) {
    const auto* d = conv.op.as<ops::Deconvolution>();
    return d ? WeightAxis{1, 0, d->groups} : WeightAxis{0, 0, 1};
}

WeightAxis inputChannels(const ir::Node& conv) {
    const auto* c = conv.op.as<ops::Convolution>();
    return c ? WeightAxis{1, 0, c->groups} : WeightAxis{0, 0, 1};
}

// convolution(x, w, b) * s => convolution(x, w * s, b * s)      s constant, one value per output
// channel
struct FoldScaleIntoConvolution final : Rule {
    PointwiseFn fn;
    explicit FoldScaleIntoConvolution(PointwiseFn fn) : fn(fn) {}
    Pattern pattern() const override {
        return pw(fn).in(ir::op<ops::Convolution>("conv").orOp<ops::Deconvolution>(),
                         ir::constant("s"));
    }
    Outcome apply(Edit& e, const Match& m) const override {
        if (!e.isSingle(m["conv"])) return no("the convolution before the scale has other readers");
        auto count = valuesAlong(e.desc(m["s"]), e.desc(m["conv"]), 1);
        if (!count) return no("the scale is not one value per output channel");
        const ir::NodeId conv = e.producer(m["conv"])->id;
        std::vector<ir::ValueId> in = e.graph().node(conv).inputs;
        if (std::string why = whyFixed(e, in[1]); !why.empty()) return no(why);
        bool biased = in.size() > 2 && in[2] != ir::kNoValue;
        if (biased && !e.isConstant(in[2])) return no("the bias is not constant");
        ir::Op times = pointwiseOp(fn);
        in[1] = scaleWeights(e, times, in[1], m["s"], *count, outputChannels(e.graph().node(conv)));
        if (biased) in[2] = e.add(times, {in[2], e.viewOfConstant(m["s"], {*count})});
        ir::Op op = e.graph().node(conv).op;
        return e.replaceRoot(e.add(op, in, conv), "scale folded into the weights");
    }
};

// convolution(x * s, w, b) => convolution(x, w * s, b)      s constant, one value per input
// channel; padding stays zero
struct FoldLeadingScale final : Rule {
    Pattern pattern() const override {
        return ir::op<ops::Convolution>().orOp<ops::Deconvolution>().in(
            pw(PointwiseFn::prod, "scaled").in(ir::any("x"), ir::constant("s")));
    }
    Outcome apply(Edit& e, const Match& m) const override {
        if (e.isConstant(m["x"])) return no("");
        if (!e.isSingle(m["scaled"])) return no("the scaled input has other readers");
        auto count = valuesAlong(e.desc(m["s"]), e.desc(m["x"]), 1);
        if (!count) return no("the scale of the input is not one value per channel");
        std::vector<ir::ValueId> in = e.root().inputs;
        if (std::string why = whyFixed(e, in[1]); !why.empty()) return no(why);
        in[0] = m["x"];
        in[1] = scaleWeights(e, pointwiseOp(PointwiseFn::prod), in[1], m["s"], *count,
                             inputChannels(e.root()));
        ir::Op op = e.root().op;
        return e.replaceRoot(e.add(op, in), "scale of the input folded into the weights");
    }
};

const FoldScaleIntoConvolution foldScaleIntoConvolution(PointwiseFn::prod);
const FoldScaleIntoConvolution foldDivisor(PointwiseFn::div);
const FoldLeadingScale foldLeadingScale;

}  // namespace

BIREME_PASS(fold_scale_into_convolution,
            "convolution(x, w, b) * s => convolution(x, w * s, b * s), "
            "convolution(x * s, w, b) => convolution(x, w * s, b)") {
    applyRules(run, {&foldScaleIntoConvolution, &foldDivisor, &foldLeadingScale});
}

}  // namespace bireme::passes
