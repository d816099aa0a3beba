// SPDX-License-Identifier: Apache-2.0
// Slice and pad: windows into a tensor, cut into boxes that are copied or filled.
#include "base/status.h"
#include "moves/ways.h"
#include "moves/windows.h"
#include "ops/pad.h"
#include "tactic/combination.h"
#include "tensor/convert.h"

namespace bireme::moves {

static void windowFormats(const tactic::Query& q, tactic::FormatList& out) {
    int x = q.group().anchorInput(0);
    for (bool last : {false, true}) {
        if (last && q.out(0).rank() < 3) break;
        out.push_back(tactic::combination(q));
        out.back().acceptsViews = true;
        if (!last) continue;
        out.back().inputs[static_cast<size_t>(x)].format = out.back().outputs[0].format =
            Format::channelsLast(q.out(0).rank());
    }
}

static int operand(const std::vector<int>& operands, size_t i) {
    return i < operands.size() ? operands[i] : -1;
}

static void laySlice(const ir::Op& node, const std::vector<int>& operands, Layout& c) {
    const auto& op = *node.as<ops::Slice>();
    const Tables tables =
        sliceTables(op, c.in(operands[0]).dims, c.list(operand(operands, 1), op.start),
                    c.list(operand(operands, 2), op.size), c.list(operand(operands, 3), op.stride),
                    c.list(operand(operands, 5), op.axes));
    if (extentsOf(tables) != c.out().dims)
        fail(ErrorCode::kFAILED_EXECUTION, "a slice has other extents than its bounds give");
    c.copyByTables(operands[0], tables, operand(operands, 4));
}

static void layPad(const ir::Op& node, const std::vector<int>& operands, Layout& c) {
    const auto& op = *node.as<ops::Pad>();
    const Tables tables = padTables(c.in(operands[0]).dims, c.list(operand(operands, 1), op.pads),
                                    c.list(operand(operands, 3), op.axes), op.mode);
    if (operand(operands, 2) < 0)
        convertElements(DataType::kFLOAT, &op.value, c.out().type, c.fillBytes.data(), 1);
    c.copyByTables(operands[0], tables, operand(operands, 2));
}

std::vector<MoveOp> windowMoves() {
    return {{"slice.copy", "slice", windowFormats, laySlice, false, {1, 2, 3, 5}},
            {"pad.copy", "pad", windowFormats, layPad, false, {1, 3}}};
}

}  // namespace bireme::moves
