// SPDX-License-Identifier: Apache-2.0
// Runs passes and does their chores: time, sweep, verify, count, dump, stop.
#pragma once

#include "passes/pass.h"

#include <string>
#include <vector>

namespace bireme::passes {

struct PassRecord {
    std::string name;
    double milliseconds = 0;
    size_t rewrites = 0;
    size_t nodesBefore = 0, nodesAfter = 0;  // of its first rewrite; less what it removed in all
    double operationsSaved = 0, bytesSaved = 0;  // by the estimate of costOf; negative: added
    std::vector<std::string> misses;             // what its last run nearly did, with the reason
    std::vector<std::string> notes;              // at the end the same, and then what was done
};

// The whole pipeline on an inferred graph; descs are up to date afterwards. Throws Error.
// Environment: BIREME_DUMP_PASSES, BIREME_STOP_AFTER, BIREME_DISABLE_PASSES.
std::vector<PassRecord> runPipeline(ir::Graph& graph, const PassContext& context);

// The same with passes of the caller's, once each.
std::vector<PassRecord> runGiven(ir::Graph& graph, const PassContext& context,
                                 const std::vector<const Pass*>& passes);

// Single passes by name, in the given order; an unknown name is an Error with the nearest one.
std::vector<PassRecord> runPasses(ir::Graph& graph, const PassContext& context,
                                  const std::vector<std::string>& names);

}  // namespace bireme::passes
