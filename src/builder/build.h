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

// The network that a plan keeps, built anew with its profiles and permitted types; device, threads,
// cache and the like are those of `options`. Throws Error when the plan keeps none.
plan::Plan rebuild(const plan::Plan& engine, BuildOptions options, BuildReport* report = nullptr);

// The optimized graph alone (passes run, nothing chosen), for `bireme opt` and tests.
ir::Graph optimize(const ir::Graph& network, const BuildOptions& options,
                   BuildReport* report = nullptr);

// Where one layer of the optimized network would run.
struct LayerPlace {
    enum Kind { kKernel, kLastResort, kHost, kView, kNowhere };
    std::string name;
    std::string ops;                   // of its nodes, "convolution + pointwise"
    std::vector<std::string> origins;  // layers of the network that it came from
    Kind kind = kKernel;
    std::vector<std::string> kernels;  // factories among which timing would choose
    std::string why;                   // kNowhere: every factory's reason
};
struct CheckReport {
    std::string backend, device;
    size_t layersBefore = 0;
    std::vector<LayerPlace> layers;  // up to the first that runs nowhere
};

// What a build would choose among, without timing, weights or a plan; for the first profile.
// Throws Error when the network itself or its profile is not fit for a build.
CheckReport check(const ir::Graph& network, const BuildOptions& options);

}  // namespace bireme::builder
