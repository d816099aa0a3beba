// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "ir/graph.h"

namespace bireme::ir {

// Infers type, dims and known elements of every value in topological order; throws Error that names
// layer and origin. Idempotent. Symbols whose extents only running tells are entered into
// graph.symbols.
void inferGraph(Graph& graph);
void inferNode(Graph& graph, NodeId node);

// Structural invariants (ids, uses, arity, order); throws Error. Run after every pass.
void verifyGraph(const Graph& graph);

}  // namespace bireme::ir
