// SPDX-License-Identifier: Apache-2.0
// Groups that are one product of rows with constant weights and a chain behind it: matrix products,
// and convolutions channels-last, whose rows are windows.
#pragma once

#include "backends/cuda/support/record.h"
#include "backends/cuda/support/vector_epilogue.h"
#include "device/kernel.h"
#include "ops/convolution.h"

namespace bireme::cuda {

struct PackedProduct {
    bool convolution = false;
    bool windows = false;         // windows of more than one pixel, strides or padding
    bool transposed = false;      // the weights of a matrix product lie as [n, k]
    ops::Convolution op;          // of a convolution
    std::vector<int64_t> kernel;  // [n, channels, window...] or the weights' dims
    int input = 0, weights = 1;   // body inputs
    std::vector<int> operands;    // body inputs that the chain reads
    int residual = -1;            // one of them that the result may overwrite, -1: none
    // Windows over few channels, padded to 4: two neighbouring pixels are one of 8 channels. The
    // packed window begins with `lead` columns of zeros, so that it covers whole pairs.
    bool pairs = false;
    int64_t lead = 0;
    // Windows that lie side by side, of few channels: patches of images as they lie in memory
    // (linear), whose rows are copied by so many elements at once. 0: no patches.
    int64_t piece = 0;

    int64_t columns() const;      // n
    int64_t depth() const;        // k, as packed
    int64_t windowWidth() const;  // columns of a packed window
    int64_t rows(const device::Shapes& shapes) const;

    void save(ByteWriter& out) const;
    static PackedProduct load(ByteReader& in);
};

// `chain.functions` and `chain.finish` need V, TY and Parameters.
Support readPackedProduct(const tactic::Query& q, PackedProduct& out, VectorEpilogue& chain,
                          std::vector<int>& consumed);
// Whether pixels may be taken in pairs: the input is then channels-last, padded to 4 channels.
bool fitsPairs(const tactic::Query& q, const PackedProduct& p);
// Takes them so.
void takePairs(PackedProduct& p);
// The piece by which patches may be copied (8, 4 or 2 elements), 0: the windows are none.
int64_t patchPiece(const tactic::Query& q, const PackedProduct& p);
// Takes windows as patches.
void takePatches(PackedProduct& p, int64_t piece);
// CHANNELS, KERNEL_Y, KERNEL_X and PIECE as cu/patches.cuh reads them.
std::string patchText(const PackedProduct& p);
// Channels-last where the product is a convolution, but for patches.
tactic::Combination packedCombination(const tactic::Query& q, const PackedProduct& p);
// Weights as [n, k]; of a window, channels innermost; of a patch as given, k filled up to a
// multiple of 8.
tactic::PackedConstant packWeights(const tactic::Query& q, const PackedProduct& p);

}  // namespace bireme::cuda
