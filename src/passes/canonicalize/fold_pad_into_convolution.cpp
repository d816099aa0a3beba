// SPDX-License-Identifier: Apache-2.0
#include "ops/convolution.h"
#include "ops/pad.h"
#include "passes/rules.h"

#include <algorithm>

namespace bireme::passes {

namespace {

// The zeros that a pad node adds before and after every dim of x; empty when it does anything else.
std::vector<int64_t> zerosAround(Edit& e, const ir::Node& n, int rank) {
    const auto& p = *n.op.as<ops::Pad>();
    auto in = [&](size_t i) { return i < n.inputs.size() ? n.inputs[i] : ir::kNoValue; };
    std::optional<std::vector<int64_t>> pads = p.pads, axes = p.axes;
    if (in(1) != ir::kNoValue) pads = e.ints(in(1));
    if (in(3) != ir::kNoValue) axes = e.ints(in(3));
    bool zero = in(2) == ir::kNoValue ? p.value == 0 : e.splat(in(2)) == 0;
    if (!pads || !axes || !zero || p.mode != "constant") return {};
    if (axes->empty())
        for (int i = 0; i < rank; ++i) axes->push_back(i);
    if (pads->size() != 2 * axes->size()) return {};
    std::vector<int64_t> all(2 * static_cast<size_t>(rank), 0);
    for (size_t i = 0; i < axes->size(); ++i) {
        auto axis = static_cast<size_t>((*axes)[i] < 0 ? (*axes)[i] + rank : (*axes)[i]);
        all.at(axis) = (*pads)[i];
        all.at(axis + static_cast<size_t>(rank)) = (*pads)[i + axes->size()];
    }
    return all;
}

// convolution(pad(x, zeros)) => convolution(x) with as much padding
struct FoldPad final : Rule {
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
        auto zeros = zerosAround(e, *e.producer(m["pad"]), rank);
        if (zeros.empty()) return no("the pad adds something else than a known number of zeros");
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

const FoldPad foldPad;

}  // namespace

BIREME_PASS(fold_pad_into_convolution,
            "convolution(pad(x, zeros)) => convolution(x) with as much padding") {
    applyRules(run, {&foldPad});
}

}  // namespace bireme::passes
