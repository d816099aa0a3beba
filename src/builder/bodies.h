// SPDX-License-Identifier: Apache-2.0
// Bodies of control flow as steps of their own: each is a small variant with choices and timings,
// emitted as a region of the step.
#pragma once

#include "builder/job.h"
#include "plan/loop.h"

#include <optional>
#include <vector>

namespace bireme::builder {

// A group that is one control-flow node, in the order of the step that it becomes.
struct ControlFlow {
    const ir::Node* node = nullptr;      // null: the group is something else
    std::optional<plan::LoopForm> loop;  // of a loop or scan
    std::vector<ir::ValueId> operands;   // of the group's graph; kNoValue where absent
    size_t first = 0;                    // operand that is the bodies' input 0
    std::vector<ir::ValueId> results;    // of the group's graph; kNoValue: nobody's
};
ControlFlow controlFlow(const ir::Graph& graph, const ir::Node& group);

// Gives the group the candidate that its bodies run as steps; false where it has no bodies, or
// they cannot (the verbose log says why).
bool addBodies(BuildJob& job, VariantJob& variant, const ir::Node& group, GroupChoice& choice);

}  // namespace bireme::builder
