// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "tactic/query.h"

namespace bireme::tactic {

// Every operand in its own type and the format `all`.
Combination combination(const Query& q, const Format& all = {});
// Every operand of the output's rank channels-last, all others linear; constants are too unless
// they are counted, or the data that the anchor works on.
Combination channelsLastCombination(const Query& q, bool constants);

}  // namespace bireme::tactic
