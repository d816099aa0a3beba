// SPDX-License-Identifier: Apache-2.0
// The pointwise functions behind an anchor, as the libraries' kernels read them: every other
// operand is an input of the group, in device memory.
#pragma once

#include "backends/cuda/support/factory.h"
#include "ops/pointwise.h"
#include "tactic/factory.h"

#include <vector>

namespace bireme::cuda {

struct ChainStep {
    ops::PointwiseFn fn = ops::PointwiseFn::copy;
    float alpha = 0, beta = 0;
    int through = 0;        // which operand is the running value
    int input = -1;         // body input that is the other operand, or -1
    bool constant = false;  // that input is a constant: it lies row by row
    bool operator==(const ChainStep&) const = default;
};

// Reads the chain behind the lone anchor. A cast may only be the last function: intermediate values
// are float anyhow. Functions that do nothing are left out.
tactic::Support readChain(const tactic::Query& q, std::vector<ChainStep>& out);

// Sums that come before any other function may be added in any order: full-sized operands first,
// then those with one value per element of dim `axis`, which is the order of the libraries' fast
// code.
void sortSums(const tactic::Query& q, int axis, std::vector<ChainStep>& steps);

// Whether dims, broadcast to `to`, have one value per element of dim `axis`.
bool isPerElementOf(const DimVector& dims, const DimVector& to, int axis);

// The value of a constant with one element, in any real type.
bool splatValue(const tactic::Query& q, int input, float& value);
// Whether a body input is a constant of one element, known yet or not.
bool isSplat(const tactic::Query& q, int input);

// Strides (in elements) of dims that lie channels-last, or row by row below rank 3.
std::vector<int64_t> channelsLastStrides(const std::vector<int64_t>& dims);
std::vector<int64_t> withLeadingOnes(const std::vector<int64_t>& dims, size_t rank);

}  // namespace bireme::cuda
