// SPDX-License-Identifier: Apache-2.0
// Depth to space and space to depth.
#include "moves/ways.h"
#include "ops/depth_to_space.h"
#include "tactic/combination.h"

namespace bireme::moves {

static void anyFormats(const tactic::Query& q, tactic::FormatList& out) {
    out.push_back(tactic::combination(q));
    out.back().acceptsViews = true;
    out.push_back(tactic::channelsLastCombination(q, true));
    out.back().acceptsViews = true;
}

// The deep side is [n, k, b, b, h, w] or [n, b, b, k, h, w]; the wide side [n, k, h, b, w, b].
static void layBlocks(int input, const device::TensorShape& deep, const device::TensorShape& wide,
                      int64_t b, bool blocksFirst, bool toWide, Layout& c) {
    auto d = deep.format.stridesFor(deep.dims), w = wide.format.stridesFor(wide.dims);
    int64_t k = wide.dims[1];
    std::vector<int64_t> dims{deep.dims[0], k, b, b, deep.dims[2], deep.dims[3]};
    std::vector<int64_t> inDeep{d[0],
                                blocksFirst ? d[1] : b * b * d[1],
                                (blocksFirst ? b * k : b) * d[1],
                                (blocksFirst ? k : 1) * d[1],
                                d[2],
                                d[3]};
    std::vector<int64_t> inWide{w[0], w[1], w[2], w[3], b * w[2], b * w[3]};
    if (toWide)
        c.copy(input, dims, inDeep, deep.format.offset, inWide, wide.format.offset);
    else
        c.copy(input, dims, inWide, wide.format.offset, inDeep, deep.format.offset);
}

static void layDepthToSpace(const ir::Op& node, const std::vector<int>& operands, Layout& c) {
    const auto& op = *node.as<ops::DepthToSpace>();
    layBlocks(operands[0], c.in(operands[0]), c.out(), op.blockSize, op.mode == "DCR", true, c);
}

static void laySpaceToDepth(const ir::Op& node, const std::vector<int>& operands, Layout& c) {
    layBlocks(operands[0], c.out(), c.in(operands[0]), node.as<ops::SpaceToDepth>()->blockSize,
              true, false, c);
}

std::vector<MoveOp> blockMoves() {
    return {{"depth_to_space.copy", "depth_to_space", anyFormats, layDepthToSpace},
            {"space_to_depth.copy", "space_to_depth", anyFormats, laySpaceToDepth}};
}

}  // namespace bireme::moves
