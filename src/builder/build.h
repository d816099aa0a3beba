// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "builder/options.h"
#include "ir/graph.h"
#include "plan/plan.h"

#include <string>
#include <vector>

namespace bireme::builder {

// What was done, for the log and the command line.
struct PassLine {
    std::string name;
    double milliseconds = 0;
    int rewrites = 0;
    size_t nodesBefore = 0, nodesAfter = 0;
    double operationsSaved = 0, bytesSaved = 0;
    std::vector<std::string> notes;
};
struct BuildReport {
    std::vector<PassLine> passes;
    size_t layersBefore = 0, layersAfter = 0;
    size_t timed = 0, timingHits = 0;
    double seconds = 0;
};

// Network definition -> plan. The network stays untouched. Throws Error naming layer and reason.
plan::Plan build(const ir::Graph& network, const BuildOptions& options,
                 BuildReport* report = nullptr);

// The optimized graph alone (passes run, nothing chosen), for `bireme opt` and tests.
ir::Graph optimize(const ir::Graph& network, const BuildOptions& options,
                   BuildReport* report = nullptr);

}  // namespace bireme::builder
