// SPDX-License-Identifier: Apache-2.0
// Small things that most factories need.
#pragma once

#include "backends/cuda/support/types.h"
#include "base/text.h"
#include "tactic/catalog.h"
#include "tactic/combination.h"
#include "tensor/walk.h"

namespace bireme::cuda {

using tactic::combination;
using tactic::no;
using tactic::Support;
using tactic::yes;

inline int architectureOf(const tactic::Query& q) { return q.device().properties().architecture; }

// Every operand of the output's rank channels-last, constants and all others linear.
inline tactic::Combination channelsLastCombination(const tactic::Query& q) {
    return tactic::channelsLastCombination(q, false);
}

// Whether generated code takes every operand: element types, sizes below 2^31. Extents that nothing
// bounds do not count: requireSizes sees them.
Support operandsFit(const tactic::Query& q);

// The same without the sizes, for kernels that look at them when bound: requireSizes throws where
// an operand has 2^31 elements or more. Extents that are data have no useful bound before.
Support typesFit(const tactic::Query& q);
void requireSizes(const device::Shapes& shapes);

// The one element of a constant as a real or integer number, if it has one and is known.
bool splatOf(const tactic::Query& q, ir::ValueId v, double& real, int64_t& integer);
// Constant bytes of any value of the body: an input whose bytes are known, or a constant inside.
const Blob* constantOf(const tactic::Query& q, ir::ValueId v);

}  // namespace bireme::cuda
