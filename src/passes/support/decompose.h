// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "ir/graph.h"

namespace bireme::passes {

// Replaces a node by what its op decomposes into; false (and no change) when it has no
// decomposition. What the user attached to the node and its outputs stays.
bool decomposeNode(ir::Graph& graph, ir::NodeId node);

}  // namespace bireme::passes
