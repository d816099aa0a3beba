// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>
#include <vector>

namespace bireme::ops {

// An equation with its ellipses written out. Labels are 'a'..'z', 'A'..'Z', and '0'.. for the dims
// of an ellipsis
// ('0' is the last of them), so that broadcast dims of different operands meet from the right.
struct EinsumEquation {
    std::vector<std::string> operands;  // one label per dim
    std::string output;
    std::string summed;  // labels that the output lacks, in order of appearance
};

// Throws Error when the equation does not parse or does not fit operands of these ranks.
EinsumEquation parseEinsum(const std::string& equation, const std::vector<int>& ranks);

}  // namespace bireme::ops
