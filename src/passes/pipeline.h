// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "passes/pass.h"

#include <string_view>
#include <vector>

namespace bireme::passes {

// Passes of a stage run in order; a stage that repeats runs again while any of them changes
// something.
struct Stage {
    const char* name;
    bool repeats;
    std::vector<const Pass*> passes;
};

const std::vector<Stage>& pipeline();
std::vector<const Pass*> allPasses();
const Pass* findPass(std::string_view name);  // null when there is none

}  // namespace bireme::passes
