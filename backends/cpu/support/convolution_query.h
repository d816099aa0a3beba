// SPDX-License-Identifier: Apache-2.0
// What kernels of convolutions and deconvolutions ask alike.
#pragma once

#include "backends/cpu/support/epilogue.h"
#include "device/kernel.h"

#include <vector>

namespace bireme::cpu {

// Activations channels-last, the anchor's kernel and bias row-major.
tactic::Combination convolutionCombination(const tactic::Query& q);

// Body inputs that an anchor reads; bias -1: none.
struct ConvolutionOperands {
    int input = 0, kernel = 0, bias = -1;
};
// The input as it comes, a constant kernel, and a bias that is not computed inside the group.
tactic::Support readOperands(const tactic::Query& q, ConvolutionOperands& out);

// A per-channel operand that is added right after an anchor without bias is its bias: taken out of
// the epilogue. Its body input; -1 when there is none.
int takeBias(const tactic::Query& q, Epilogue& epilogue);

// The epilogue of a kernel that finishes rows of channels, with the bias that it may hold (`bias`
// is -1 before then).
tactic::Support readRowEpilogue(const tactic::Query& q, Epilogue& epilogue, int& bias,
                                std::vector<int>& consumed);
// The same where no operand but has one value per channel, and none is added.
tactic::Support readChannelEpilogue(const tactic::Query& q, Epilogue& epilogue, int& bias,
                                    std::vector<int>& consumed);

// Elements from image to image, row to row and pixel to pixel of [N,C,H,W].
struct PixelSteps {
    int64_t image, row, pixel, offset;
    explicit PixelSteps(const device::TensorShape& t);
};

}  // namespace bireme::cpu
