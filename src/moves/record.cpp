// SPDX-License-Identifier: Apache-2.0
#include "tactic/record.h"
#include "base/text.h"
#include "moves/move_op.h"

namespace bireme::moves {

void Record::save(ByteWriter& out) const {
    tactic::putAttributes(out, op);
    tactic::putInts(out, operands);
    out.varint(lists.size());
    for (const auto& [input, list] : lists) {
        tactic::putInt(out, input);
        tactic::putInts(out, list);
    }
}

Record Record::load(const MoveOp& move, ByteReader& in) {
    const ir::OpDef* def = ir::OpRegistry::global().find(move.op);
    if (!def) in.corrupt(cat("op ", move.op, " is unknown"));
    Record r;
    r.op = ir::Op(*def);
    tactic::getAttributes(in, r.op);
    for (int64_t v : tactic::getInts(in)) r.operands.push_back(static_cast<int>(v));
    for (size_t n = in.count(); n-- > 0;) {
        int64_t input = tactic::getInt(in);
        r.lists[static_cast<int>(input)] = tactic::getInts(in);
    }
    return r;
}

std::vector<int> Record::unknownLists(const MoveOp& move, const device::Shapes& shapes) const {
    std::vector<int> out;
    for (int k : move.lists) {
        auto at = static_cast<size_t>(k);
        int input = at < operands.size() ? operands[at] : -1;
        if (input < 0 || lists.count(input)) continue;
        auto i = static_cast<size_t>(input);
        if (i >= shapes.hostInputs.size() || !shapes.hostInputs[i]) out.push_back(input);
    }
    return out;
}

Layout Record::layout(const MoveOp& move, const device::Shapes& shapes) const {
    Layout l(lists, shapes);
    move.lay(op, operands, l);
    return l;
}

}  // namespace bireme::moves
