// SPDX-License-Identifier: Apache-2.0
// Concat, expand and tile: boxes of the output filled from boxes of the inputs.
#include "moves/ways.h"
#include "ops/concat.h"
#include "tactic/combination.h"
#include "tensor/walk.h"

namespace bireme::moves {

static void sameFormats(const tactic::Query& q, tactic::FormatList& out) {
    out.push_back(tactic::combination(q));
    out.back().acceptsViews = true;
    if (q.out(0).rank() < 3) return;
    out.push_back(tactic::channelsLastCombination(q, true));
    out.back().acceptsViews = true;
}

static void layConcat(const ir::Op& op, const std::vector<int>& operands, Layout& c) {
    int64_t axis = op.as<ops::Concat>()->axis;
    auto d =
        static_cast<size_t>(axis < 0 ? axis + static_cast<int64_t>(c.out().dims.size()) : axis);
    auto to = c.out().format.stridesFor(c.out().dims);
    int64_t at = c.out().format.offset;
    for (int x : operands) {
        const auto& in = c.in(x);
        c.copy(x, in.dims, in.format.stridesFor(in.dims), in.format.offset, to, at);
        at += in.dims[d] * to[d];
    }
}

static void layExpand(const ir::Op&, const std::vector<int>& operands, Layout& c) {
    const auto& in = c.in(operands[0]);
    c.copy(operands[0], c.out().dims, broadcastSteps(in.dims, in.format, c.out().dims),
           in.format.offset, c.out().format.stridesFor(c.out().dims), c.out().format.offset);
}

// Every dim is two: the repetition, which stands still in the input, and the input's own.
static void layTile(const ir::Op&, const std::vector<int>& operands, Layout& c) {
    const auto& in = c.in(operands[0]);
    auto own = in.format.stridesFor(in.dims), target = c.out().format.stridesFor(c.out().dims);
    std::vector<int64_t> dims, from, to;
    for (size_t d = 0; d < in.dims.size(); ++d) {
        dims.push_back(in.dims[d] ? c.out().dims[d] / in.dims[d] : 0);
        from.push_back(0);
        to.push_back(in.dims[d] * target[d]);
        dims.push_back(in.dims[d]);
        from.push_back(own[d]);
        to.push_back(target[d]);
    }
    c.copy(operands[0], dims, from, in.format.offset, to, c.out().format.offset);
}

std::vector<MoveOp> joinMoves() {
    return {{"concat.copy", "concat", sameFormats, layConcat},
            {"expand.copy", "expand", sameFormats, layExpand, false, {}, {1}},
            {"tile.copy", "tile", sameFormats, layTile, false, {}, {1}}};
}

}  // namespace bireme::moves
