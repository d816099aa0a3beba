// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "ir/graph.h"

namespace bireme::passes {

// What a graph asks of a machine when every layer runs by itself: floating-point operations (a
// multiplication and an addition count as two, any other function of an element as one) and bytes
// read and written (ir/work.h). Constant expressions, mere changes of dims and parts of
// tensors are free. An estimate, to compare
// graphs.
struct Cost {
    double operations = 0, bytes = 0;
};

// `shapes` gives symbols a value; one that it lacks counts as the least of its range, at least 1.
Cost costOf(const ir::Graph& graph, const Dim::Values& shapes);

}  // namespace bireme::passes
