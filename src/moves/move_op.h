// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "moves/layout.h"
#include "tactic/factory.h"

#include <map>
#include <vector>

namespace bireme::moves {

// One way to do an op that only moves elements.
struct MoveOp {
    const char* kernel;  // behind the backend's name: "concat.copy"
    const char* op;      // "concat"
    void (*formats)(const tactic::Query& q, tactic::FormatList& out);
    void (*lay)(const ir::Op& op, const std::vector<int>& operands, Layout& layout);
    bool alwaysBest = false;
    std::vector<int> lists = {};    // integer operands that `lay` reads
    std::vector<int> ignored = {};  // operands that say what the output's dims say already
    bool plainOnly = false;         // no blocked formats
    bool changesType = false;       // the result may be of another type, where copies convert
};

// Every way, in the order in which they are preferred where nothing is timed.
std::vector<MoveOp> allMoves();

// What a kernel keeps of its node.
struct Record {
    ir::Op op;
    std::vector<int> operands;                  // body input of each operand of the op, or -1
    std::map<int, std::vector<int64_t>> lists;  // known integer operands, by body input

    void save(ByteWriter& out) const;
    static Record load(const MoveOp& move, ByteReader& in);
    // Body inputs that the layout reads and that neither the record nor the shapes know.
    std::vector<int> unknownLists(const MoveOp& move, const device::Shapes& shapes) const;
    Layout layout(const MoveOp& move, const device::Shapes& shapes) const;
};

}  // namespace bireme::moves
