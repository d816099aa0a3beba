// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "plan/plan.h"

#include <cstdint>
#include <string>
#include <vector>

namespace bireme::plan {

// The bytes of an engine file. Throws Error when the plan is not valid.
Blob write(const Plan& plan);
// The same, in the memory of the plan's weights where they have room around them: the plan is of no
// use any more.
Blob write(Plan&& plan);

// A variant as it lies in a file; the same for two that run the same.
std::vector<uint8_t> bytesOf(const Variant& variant);

// A file of these sections, whatever is in them; for tests of what stands behind the checksums.
std::vector<uint8_t> assemble(const std::string& text, const std::vector<uint8_t>& structure,
                              const Blob& weights);

// Recomputes all checksums of an engine file in place, so that tests reach what stands behind them.
// Bytes that are too damaged for that stay as they are.
void reseal(std::vector<uint8_t>& file);

}  // namespace bireme::plan
