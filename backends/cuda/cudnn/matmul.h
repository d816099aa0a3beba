// SPDX-License-Identifier: Apache-2.0
// Products of matrices with functions behind them as cuDNN graphs.
#pragma once

#include "backends/cuda/chain/chain.h"
#include "backends/cuda/cudnn/planned_kernel.h"

namespace bireme::cuda::dnn {

// What is known of a group without its shapes: A [.., M, K] and B [K, N], one for all of A's rows.
struct Product {
    int a = 0, b = 1;         // body inputs
    bool transposed = false;  // B lies as [N, K]
    DataType type = DataType::kHALF, outputType = DataType::kHALF;
    std::vector<ChainStep> steps;
    bool deterministic = true;

    void save(ByteWriter& out) const;
    static Product load(ByteReader& in);
    // Throws Error when the shapes do not fit.
    Graph graph(const device::Shapes& shapes) const;
};

tactic::Support readProduct(const tactic::Query& q, Product& out);

}  // namespace bireme::cuda::dnn
