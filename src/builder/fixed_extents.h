// SPDX-License-Identifier: Apache-2.0
// Extents of inputs that all profiles give one value are that number: the passes know more of the
// network, and what the engine tells of its inputs and outputs stays as the user wrote it.
#pragma once

#include "builder/job.h"

namespace bireme::builder {

// After the profiles are complete: puts the numbers into the job's graph.
void fixExtents(BuildJob& job);

// What running asks of the symbols that are gone: their values, and which extents they are.
void enterFixed(const BuildJob& job, VariantJob& variant);
std::vector<plan::InputSymbol> fixedInputs(const BuildJob& job);

// Dims of an input or output as they were before; `now` where those name what is gone.
DimVector openDims(const BuildJob& job, bool input, size_t index, const DimVector& now);

// Symbols of a graph and its bodies become extents.
void substitute(ir::Graph& graph, const std::map<std::string, Dim, std::less<>>& by);

}  // namespace bireme::builder
