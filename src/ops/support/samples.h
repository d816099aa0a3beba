// SPDX-License-Identifier: Apache-2.0
// Whether a graph treats the samples of a batch each by itself.
#pragma once

#include "ir/graph.h"

#include <string>

namespace bireme::ops {

// `samples` is the first extent of every input of an inferred graph. "" where every output has one
// element of its first axis per sample, and it hangs on that sample and on constants alone, not on
// how many samples there are; else what stands against it. Ops without a rule here do.
std::string whySamplesMix(const ir::Graph& graph, const Dim& samples);

}  // namespace bireme::ops
