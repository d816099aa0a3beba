// SPDX-License-Identifier: Apache-2.0
#include "ops/convolution.h"
#include "ops/pad.h"
#include "passes/rules.h"
#include "passes/support/parts.h"

#include <algorithm>

namespace bireme::passes {

namespace {

// convolution(pad(x, zeros)) => convolution(x) with as much padding
struct FoldPadIntoConvolution final : Rule {
    Pattern pattern() const override {
        return ir::op<ops::Convolution>().in(ir::op<ops::Pad>("pad").in(ir::any("x")));
    }
    Outcome apply(Edit& e, const Match& m) const override {
        ops::Convolution conv = *e.root().op.as<ops::Convolution>();
        int rank = e.desc(m["x"]).rank();
        auto spatial = static_cast<size_t>(rank - 2);
        if (!ir::isInternal(e.graph(), m["pad"])) return no("the padded tensor is the user's");
        bool automatic = conv.paddingMode != PaddingMode::kEXPLICIT_ROUND_DOWN &&
                         conv.paddingMode != PaddingMode::kEXPLICIT_ROUND_UP;
        if (automatic) return no("the convolution pads by its own rule");
        auto border = borderOf(e, *e.producer(m["pad"]));
        if (!border || border->value != 0)
            return no("the pad adds something else than a known number of zeros");
        const std::vector<int64_t>& zeros = border->pads;
        bool outside = zeros[0] || zeros[1] || zeros[static_cast<size_t>(rank)] ||
                       zeros[static_cast<size_t>(rank) + 1];
        if (outside || *std::min_element(zeros.begin(), zeros.end()) < 0)
            return no("the pad is not of spatial dimensions alone, or crops");
        conv.prePadding.resize(spatial, 0);
        conv.postPadding.resize(spatial, 0);
        for (size_t i = 0; i < spatial; ++i) {
            conv.prePadding[i] += zeros[i + 2];
            conv.postPadding[i] += zeros[i + 2 + static_cast<size_t>(rank)];
        }
        std::vector<ir::ValueId> in = e.root().inputs;
        in[0] = m["x"];
        ir::ValueId y = e.add(ir::Op::of(conv), in);
        if (!(e.desc(y).dims == e.desc(e.root().outputs[0]).dims))
            return no("the output would change its size");
        return e.replaceRoot(y, "the pad became the convolution's own");
    }
};

const FoldPadIntoConvolution foldPadIntoConvolution;

}  // namespace

BIREME_PASS(fold_pad_into_convolution,
            "convolution(pad(x, zeros)) => convolution(x) with as much padding") {
    applyRules(run, {&foldPadIntoConvolution});
}

}  // namespace bireme::passes
