// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "backends/cpu/simd/gemm.h"
#include "backends/cpu/simd/tile_functions.h"
#include "backends/cpu/support/epilogue.h"
#include "device/kernel.h"

#include <vector>

namespace bireme::cpu {

// Whether every step is a function that the rows of a block can pass through; a reason otherwise.
tactic::Support rowEpilogueSupport(const Epilogue& e);
// And whether its operands are per channel (dim 1) or full-sized; of bf16 only what is added first
// may be.
tactic::Support rowEpilogueSupport(const tactic::Query& q, const Epilogue& e);
bool hasNoOperands(const Epilogue& e);  // but numbers

// Bias and epilogue of a product, applied to the rows of finished blocks while they are in the
// cache. Other operands have one value per column or the shape of the result. Blocks are floats;
// where the result is bf16, so are the operands, and only a residual may have its shape.
class RowEpilogue final : public GemmEpilogue {
public:
    // `columns` of the result; `bias` is a body input or -1. What has one value per channel holds
    // for every one of `repeats` runs of columns.
    RowEpilogue(const Epilogue& e, int bias, int64_t columns, const device::Shapes& shapes,
                int64_t repeats = 1);
    // Sets what happens at the end of `p` for this launch; on one thread, before any block.
    void begin(const device::Launch& launch, GemmProblem& p);
    // Of bf16: is all that is left SiLU? Then the caller does it where it rounds, instead of here.
    bool takeSwish();
    // What is added before all else, of the type and shape of the result; null when there is none.
    // Of bf16 it is not in `p`.
    const void* residual(const device::Launch& launch) const {
        return residual_ < 0 ? nullptr : launch.inputs[residual_];
    }
    void apply(float* c, int64_t ldc, int64_t row, int64_t rows, int64_t column,
               int64_t columns) const noexcept override;

private:
    struct Step {
        TileFunction function = nullptr;
        TileArgs args;
        int other = -1;  // body input
        bool perColumn = false;
        bool swapped = false;      // the running value is the second operand
        std::vector<float> splat;  // a number as a row
        const float* operand = nullptr;
        std::vector<float> wide;  // the operand, where it is bf16 or repeated
    };
    const float* floats(const device::Launch& launch, int input, std::vector<float>& wide) const;

    static constexpr int64_t kSplat = 512;
    int bias_ = -1, residual_ = -1;
    GemmEnd end_;
    int64_t columns_ = 0, repeats_ = 1;
    std::vector<Step> steps_;
    bool brain_ = false;
    std::vector<float> wideBias_;
};

}  // namespace bireme::cpu
