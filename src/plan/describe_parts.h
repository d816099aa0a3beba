// SPDX-License-Identifier: Apache-2.0
// What the descriptions of an engine in words and in JSON share.
#pragma once

#include "plan/describe.h"

namespace bireme::plan {

const char* kindName(StepKind kind);
const char* storageName(Storage storage);
DimVector filled(const DimVector& dims, const DescribeOptions& options);
const Region& rootOf(const Plan& plan, const DescribeOptions& options);
// Bytes of constants that a step reads, packed ones included.
uint64_t constantBytes(const Plan& plan, const Region& region, const Step& step);
std::string slicesText(const Plan& plan);  // a line for each variant that has some
std::string slicesJson(const Plan& plan);  // of every variant, null for one without
// Of an engine with more variants than profiles: one line each. Else nothing.
std::string variantsText(const Plan& plan);
// [{"Profile", "TunedAt", "Layers", "Tactics": {layer: tactic}}]
std::string variantsJson(const Plan& plan, bool detailed);
int64_t scratchBytes(const Plan& plan);  // of the largest variant

}  // namespace bireme::plan
