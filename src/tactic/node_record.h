// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "tactic/query.h"

#include <vector>

namespace bireme::tactic {

// What a kernel of a group that is one node keeps of it.
struct NodeRecord {
    ir::Op op;
    std::vector<int> operands;  // the body's input of each, -1 where it is absent or no input
    std::vector<int> results;   // the body's output of each, -1 where nobody reads it

    static NodeRecord of(const Query& q, const ir::Node& node);
    void save(ByteWriter& out) const;
    // Error unless it has the operands and results that the op's declaration asks for.
    static NodeRecord load(const char* op, ByteReader& in);
};

// Is every operand that is there an input of the group?
bool readsInputsOnly(const Query& q, const ir::Node& node);

}  // namespace bireme::tactic
