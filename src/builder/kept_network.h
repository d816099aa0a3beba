// SPDX-License-Identifier: Apache-2.0
// The network inside of the plan: what it is built from again where the plan cannot run. Its
// weights are those of the steps wherever a step holds their elements, in whatever layout.
#pragma once

#include "builder/job.h"

namespace bireme::builder {

// Notes that constant `packed` of the plan, with bytes that lie as `layout` tells (any text), holds
// the weight `value` of the job's graph.
void noteWeight(BuildJob& job, VariantJob& variant, ir::ValueId value, int packed,
                const Blob& bytes, const std::string& layout);

// Adds the network to the plan, before its constants are sealed; with a line in the log where it
// cannot be kept.
void keepNetwork(BuildJob& job);

// The network that a plan keeps. Throws Error when it keeps none, or what it keeps is damaged.
ir::Graph keptNetwork(const plan::Plan& plan);

}  // namespace bireme::builder
