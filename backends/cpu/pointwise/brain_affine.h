// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "backends/cpu/pointwise/program.h"

#include <optional>

namespace bireme::cpu {

// All of a program that scales and shifts an operand of bf16 by others, clips the results or not,
// and rounds them (batch normalization and ReLU, sums): one pass instead of one per instruction.
struct BrainAffine {
    int x = -1, scale = -1, shift = -1, y = -1;  // values; -1: none
    float low = 0, high = 0;

    // Nothing where the program is another.
    static std::optional<BrainAffine> of(const Program& p);
};

}  // namespace bireme::cpu
