// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "base/bytes.h"
#include "ir/graph.h"

namespace bireme::ir {

// A graph as bytes, with the bytes of its constants and nested bodies. Kept: names, descs, ops with
// attributes, origins, metadata. Not kept: ids (values are numbered anew), what inference finds,
// what the user asked of values.
void writeGraph(const Graph& graph, ByteWriter& out);

// Reads it back and checks it as verifyGraph does; throws Error whatever the bytes are.
Graph readGraph(ByteReader& in);

}  // namespace bireme::ir
