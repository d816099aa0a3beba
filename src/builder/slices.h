// SPDX-License-Identifier: Apache-2.0
// Batches on a CPU: where a network treats samples each by itself, its steps are built for few of
// them, and run in lanes of one thread each. What lies between two steps stays in that core's
// cache, and no thread waits for another one.
#pragma once

#include "builder/job.h"

#include <optional>

namespace bireme::builder {

// The batch of a network whose inputs all have one as their first extent, and whether it is worth
// slicing on the job's device; nothing otherwise, and where the user chose the points to tune at.
std::optional<Batch> findBatch(const BuildJob& job, const ir::Graph& network);

// A batch of one size alone becomes a symbol that may be less: the network and its profile, to run
// the passes on.
ir::Graph openBatch(const ir::Graph& network, const Batch& batch);
BuildOptions openBatch(const BuildOptions& options, const ir::Graph& network);

// Decides, after the passes, how the job's batch is sliced; where it was opened, profiles are the
// user's again. False (the verbose log says why) where samples mix, or slices would not pay.
bool takeBatch(BuildJob& job, const Batch& batch);

// Makes a variant that of the slices, before it enters its profile.
void enterSlices(const BuildJob& job, VariantJob& variant);
// What the plan tells of them; after its storage is placed.
void emitSlices(const BuildJob& job, plan::Variant& variant);

// The extents that are the number of samples as a number, everywhere in a graph.
void fixSamples(ir::Graph& graph, const Batch& batch, int64_t samples);

}  // namespace bireme::builder
