// SPDX-License-Identifier: Apache-2.0
// A change of layout, and of type where copies convert: what stands between neighbours that
// disagree.
#include "moves/ways.h"
#include "tactic/combination.h"

namespace bireme::moves {

static void copyFormats(const tactic::Query& q, tactic::FormatList& out) {
    int rank = q.out(0).rank();
    Format plain, last = Format::channelsLast(rank);
    auto add = [&](const Format& from, const Format& to) {
        out.push_back(tactic::combination(q));
        out.back().inputs[0].format = from;
        out.back().outputs[0].format = to;
        out.back().acceptsViews = true;
        if (from == to && q.in(0).type == q.out(0).type) out.back().overwrites = 0;
    };
    add(plain, plain);
    if (rank < 3) return;
    add(plain, last);
    add(last, plain);
    add(last, last);
}

static void layCopy(const ir::Op&, const std::vector<int>& operands, Layout& c) {
    int x = operands[0];
    c.copy(x, c.out().dims, c.in(x).format.stridesFor(c.in(x).dims), c.in(x).format.offset,
           c.out().format.stridesFor(c.out().dims), c.out().format.offset);
}

std::vector<MoveOp> reorderMoves() {
    return {{"reorder", "identity", copyFormats, layCopy, false, {}, {}, true, true}};
}

}  // namespace bireme::moves
