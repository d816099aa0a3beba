// SPDX-License-Identifier: Apache-2.0
// cuDNN's answers and plans for graphs, kept while the process lives: fusion, timing and writing
// ask for the same ones again and again.
#pragma once

#include "backends/cuda/cudnn/graph.h"

namespace bireme::cuda::dnn {

std::string keyOf(const GraphSpec& spec);

struct Answer {
    std::vector<Engine> engines;
    std::string why;  // there is none
};

// Asking costs milliseconds.
Answer enginesOf(const GraphSpec& spec, CudaDevice& device);

// A plan costs up to seconds of compiling. Throws Error when the engine does not run the graph.
BuiltPlan keptPlanOf(const GraphSpec& spec, const std::string& engine, CudaDevice& device);

}  // namespace bireme::cuda::dnn
