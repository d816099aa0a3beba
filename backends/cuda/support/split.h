// SPDX-License-Identifier: Apache-2.0
// A group taken apart: an anchor with the first functions of its chain, for a library, and the rest
// as a pointwise group.
#pragma once

#include "tactic/factory.h"

#include <memory>
#include <optional>
#include <vector>

namespace bireme::cuda {

// One half: its body, and where its inputs come from.
struct Half {
    ir::NodeId group = ir::kNoNode;
    std::vector<int> inputs;  // inputs of the whole body; -1 is the first half's result
};

struct Split {
    ir::Graph graph;  // the whole body, as two groups
    Half front, rest;

    const ir::Graph& body(const Half& h) const { return graph.node(h.group).bodies.at(0); }
    // A question about one half, with everything that is known of the whole.
    tactic::Query query(const tactic::Query& whole, const Half& h) const;
    // The operands of one half, given those of the whole.
    tactic::Combination combination(const tactic::Query& whole, const Half& h) const;
};

// The anchor and `functions` functions in front; empty when the group is not of that kind.
std::unique_ptr<Split> splitAfter(const tactic::Query& q, size_t functions);

}  // namespace bireme::cuda
