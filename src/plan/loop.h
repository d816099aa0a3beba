// SPDX-License-Identifier: Apache-2.0
// How a loop step runs its one region; in the step's kernelBytes.
//
// The step reads turns (i64, absent: no limit), the first condition (bool, absent: true), carried
// values, sequences, then what does not change; it gives the carried values and, for each other
// result of the region, all turns' one after another along a new dim. The region is passed the
// turn (i64), the condition, the carried values, slices of the sequences and the rest; it gives the
// next condition (absent: true), the carried values and what is stacked.
#pragma once

#include "base/bytes.h"
#include "plan/plan.h"

#include <cstdint>
#include <vector>

namespace bireme::plan {

struct LoopForm {
    int64_t carried = 0;
    std::vector<int64_t> inputAxes, inputBackward;    // of each sequence; its dim there goes away
    std::vector<int64_t> outputAxes, outputBackward;  // of each stacked value

    size_t passed() const { return 2 + static_cast<size_t>(carried) + inputAxes.size(); }
    std::vector<uint8_t> bytes() const;
    static LoopForm of(const Step& step);  // Error for bytes that are none
};

}  // namespace bireme::plan
