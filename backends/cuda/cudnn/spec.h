// SPDX-License-Identifier: Apache-2.0
// What a cuDNN graph computes, without cuDNN: an anchor and the chain of pointwise functions behind
// it. It is the recipe from which a plan is made again.
#pragma once

#include "base/bytes.h"
#include "bireme/types.h"
#include "ops/pointwise.h"

#include <string>
#include <vector>

namespace bireme::cuda::dnn {

enum class Anchor : uint8_t { convolution = 0, deconvolution = 1, matmul = 2 };

struct Operand {
    DataType type = DataType::kFLOAT;
    std::vector<int64_t> dims;     // N, C, spatial...; [batch, rows, columns] of a matrix product
    std::vector<int64_t> strides;  // elements
};

// One function of the chain; the running value is operand `through`.
struct Step {
    ops::PointwiseFn fn = ops::PointwiseFn::copy;
    float alpha = 0, beta = 0;
    int through = 0;
    int operand = -1;  // index in GraphSpec::operands of the other operand, -1: none
};

struct GraphSpec {
    Anchor anchor = Anchor::convolution;
    // 0 and 1 are the anchor's inputs, the last is the output; others are read by the chain. The
    // position is the tensor's number in cuDNN's variant pack, plus one.
    std::vector<Operand> operands;
    std::vector<int64_t> before, after, stride, dilation;  // spatial dims each
    std::vector<Step> steps;
    bool tf32 = false;          // float products may round their inputs
    bool deterministic = true;  // no engine whose sums depend on the order of arrival

    void save(ByteWriter& out) const;
    static GraphSpec load(ByteReader& in);
};

// Whether cuDNN's fused graphs know the function at all.
bool knowsFunction(ops::PointwiseFn fn);

}  // namespace bireme::cuda::dnn
