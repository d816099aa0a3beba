// SPDX-License-Identifier: Apache-2.0
#include "ops/convolution.h"
#include "ops/pad.h"
#include "ops/pooling.h"
#include "ops/transpose.h"
#include "passes/rules.h"
#include "passes/support/parts.h"

#include <algorithm>

namespace bireme::passes {

namespace {

// convolution(transpose(pad(x))) => convolution(pad(transpose(x)))      likewise for poolings: the
// pad can then become their own
struct MoveOverPad final : Rule {
    Pattern pattern() const override {
        return ir::op<ops::Transpose>().in(ir::op<ops::Pad>("pad").single().in(ir::any("x")));
    }
    Outcome apply(Edit& e, const Match& m) const override {
        const auto& users = e.graph().value(e.root().outputs[0]).users;
        bool windows = std::any_of(users.begin(), users.end(), [&](const ir::Use& u) {
            const ir::Op& op = e.graph().node(u.node).op;
            return u.input == 0 && (op.is<ops::Convolution>() || op.is<ops::Pooling>());
        });
        const ops::Transpose turn = *e.root().op.as<ops::Transpose>();
        const auto rank = static_cast<size_t>(e.desc(m["x"]).rank());
        if (!windows || turn.permutation.size() != rank) return no("");
        auto border = borderOf(e, *e.producer(m["pad"]));
        if (!border) return no("the pad is not of a known number of constants");
        ops::Pad pad;
        pad.value = static_cast<float>(border->value);
        pad.pads.resize(2 * rank);
        for (size_t d = 0; d < rank; ++d) {
            int64_t from = turn.permutation[d];
            const auto at =
                static_cast<size_t>(from < 0 ? from + static_cast<int64_t>(rank) : from);
            pad.pads[d] = border->pads[at];
            pad.pads[d + rank] = border->pads[at + rank];
        }
        const ir::NodeId old = e.producer(m["pad"])->id;
        ir::ValueId y = e.add(ir::Op::of(turn), {m["x"]});
        y = e.add(ir::Op::of(pad), {y}, old);
        return e.replaceRoot(y, "the transpose stands before the pad");
    }
};

const MoveOverPad moveOverPad;

}  // namespace

BIREME_PASS(move_transpose_over_pad,
            "convolution(transpose(pad(x))) => convolution(pad(transpose(x))), likewise pooling") {
    applyRules(run, {&moveOverPad});
}

}  // namespace bireme::passes
