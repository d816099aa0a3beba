// SPDX-License-Identifier: Apache-2.0
// Convolution and deconvolution groups as cuDNN graphs, channels-last.
#pragma once

#include "backends/cuda/chain/chain.h"
#include "backends/cuda/cudnn/planned_kernel.h"
#include "ops/convolution.h"
#include "ops/deconvolution.h"

namespace bireme::cuda::dnn {

// What is known of a group without its shapes.
struct Convolution {
    Anchor anchor = Anchor::convolution;
    ops::Convolution op;                    // a deconvolution's attributes too
    std::vector<int64_t> outputPadding;     // of a deconvolution
    std::vector<int64_t> kernel;            // dims of the weights
    int64_t padded = 0;                     // channels of the input in memory, 0: as many as it has
    int input = 0, weights = 0, bias = -1;  // body inputs; -1: none
    DataType type = DataType::kFLOAT, outputType = DataType::kFLOAT;
    std::vector<ChainStep> steps;
    bool tf32 = false, deterministic = true;

    void save(ByteWriter& out) const;
    static Convolution load(ByteReader& in);

    // Throws Error when the shapes do not fit.
    Graph graph(const device::Shapes& shapes) const;
    int64_t maps() const;  // channels of the output
};

tactic::Support readConvolution(const tactic::Query& q, Convolution& out);

// Channels to which the input of a 16-bit convolution is padded so that tensor cores take it; 0
// when it needs none.
int64_t paddedChannels(const Convolution& c);
Format paddedFormat(int rank, int64_t channels);

}  // namespace bireme::cuda::dnn
