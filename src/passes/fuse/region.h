// SPDX-License-Identifier: Apache-2.0
// What the fusing passes share: which nodes may join a group, and how large it may get.
#pragma once

#include "ir/constants.h"
#include "ir/graph.h"
#include "passes/pass.h"

#include <vector>

namespace bireme::passes {

constexpr size_t kMaxGroupNodes = 24;
constexpr size_t kMaxGroupInputs = 12;
constexpr size_t kMaxGroupOutputs = 4;

// A pointwise node that computes tensors while the engine runs: neither a constant nor a part of a
// shape.
bool isFusable(const ir::Graph& g, ir::Constants& constants, const ir::Node& n);

// Distinct tensors that the nodes read from outside; and those of theirs that others read.
size_t inputsOf(const ir::Graph& g, const std::vector<ir::NodeId>& members);
size_t outputsOf(const ir::Graph& g, const std::vector<ir::NodeId>& members);

// Asks canRun for the group of `members` (in execution order) and for ever fewer of them, dropping
// the last, down to `least`. Returns how many can run as one, or 0; `why` holds the last refusal.
size_t largestRunnable(const PassRun& run, const std::vector<ir::NodeId>& members, size_t least,
                       std::string& why);

// Makes the group of the first `count` members and tells the log; `why` the next one stays outside,
// if it does.
void formGroup(PassRun& run, const std::vector<ir::NodeId>& members, size_t count,
               const std::string& why);

}  // namespace bireme::passes
