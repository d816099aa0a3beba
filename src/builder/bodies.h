// SPDX-License-Identifier: Apache-2.0
// Bodies of control flow as steps of their own: each is a small variant with choices and timings,
// emitted as a region of the step.
#pragma once

#include "builder/job.h"

namespace bireme::builder {

// The control-flow node that a group is, and where its operands and results are in the group.
struct ControlFlow {
    const ir::Node* node = nullptr;  // null: the group is something else
    std::vector<int> operands;       // group input of each operand, -1 where absent
    std::vector<int> results;        // output of the node that each of the group's is
};
ControlFlow controlFlow(const ir::Node& group);

// Gives the group the candidate that its bodies run as steps; false where it has no bodies, or
// they cannot (the verbose log says why).
bool addBodies(BuildJob& job, VariantJob& variant, const ir::Node& group, GroupChoice& choice);

}  // namespace bireme::builder
