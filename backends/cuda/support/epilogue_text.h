// SPDX-License-Identifier: Apache-2.0
// What follows the anchor of a group, as a function of one result: for kernels that compute results
// one by one.
#pragma once

#include "backends/cuda/support/body_text.h"
#include "backends/cuda/support/walk.h"

#include <string>
#include <vector>

namespace bireme::cuda {

constexpr int kEpilogueOperands = 8;

// As Epilogue of the text: target first, then what the nodes read.
struct EpilogueParameters {
    void* target = nullptr;
    const void* operands[kEpilogueOperands - 1] = {};
    Loops<kEpilogueOperands> loops;
};

struct EpilogueText {
    std::string
        text;  // struct Epilogue, and __device__ void finish(const Epilogue&, u32 n, float sum)
    std::vector<int> inputs;  // body inputs that it reads
};

// Results are numbered row-major over the logical dims. `bias`: a body input with one value per
// extent of dim 1 that is added to the sum first, or -1.
Support writeEpilogue(const tactic::Query& q, int bias, EpilogueText& out,
                      std::vector<int>& consumed);

// Fills the loops for one shape. `bias` as above.
void placeEpilogue(const device::Shapes& s, const std::vector<int>& inputs, int bias,
                   EpilogueParameters& out);
void pointEpilogue(const device::Shapes& s, const std::vector<int>& inputs, int bias,
                   const device::Launch& l, EpilogueParameters& out) noexcept;

}  // namespace bireme::cuda
