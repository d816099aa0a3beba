// SPDX-License-Identifier: Apache-2.0
// The build half: from a spec to plans. The only sources that include cudnn-frontend are behind it.
#pragma once

#include "backends/cuda/cudnn/plan.h"
#include "backends/cuda/cudnn/spec.h"

#include <cudnn.h>

#include <string>
#include <vector>

namespace bireme::cuda::dnn {

// One way of cuDNN's to run a graph.
struct Engine {
    std::string name;       // "eng39_k24=11": number and knobs, from which it is made again
    bool compiled = false;  // its code is compiled when the plan is built, not shipped
};

// The engines for a graph that keep its promises (precision, determinism), best guess first. Empty
// when cuDNN has none; throws Error when the graph is not legal.
std::vector<Engine> enginesFor(const GraphSpec& spec, cudnnHandle_t handle);

// Throws Error when the engine does not run the graph.
BuiltPlan buildPlan(const GraphSpec& spec, const std::string& engine, cudnnHandle_t handle);

// The first engine that builds and needs no more workspace, shipped code before what is compiled;
// throws Error when there is none.
BuiltPlan buildFirstPlan(const GraphSpec& spec, size_t workspace, cudnnHandle_t handle);

}  // namespace bireme::cuda::dnn
