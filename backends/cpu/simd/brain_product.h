// SPDX-License-Identifier: Apache-2.0
// Products of bf16 matrices by the instructions of processors that multiply them (AVX512-BF16, or
// AMX where kernelIsa() has it): c = a b, summed in f32. Only called where kernelIsa() has them.
#pragma once

#include "tensor/half.h"

#include <cstddef>
#include <cstdint>

namespace bireme::cpu {

// Does kernelIsa() have these instructions? One of them rounds floats to bf16, subnormal ones to 0.
extern const bool roundsBrains;

// b [k, n] is packed in panels of kBrainWidth columns: pairs of elements that follow each other
// along k stand side by side, what is missing is 0.
constexpr int64_t kBrainWidth = 32, kBrainHeight = 12;
inline int64_t pairsOf(int64_t k) { return (k + 1) / 2; }
size_t packedBrains(int64_t k, int64_t n);  // elements

// b[k, n] lies at b + n * step + k, k is even: keys, each a row.
void packBrainColumns(const BFloat16* b, int64_t step, int64_t k, int64_t n, BFloat16* packed);
// b[k, n] lies at b + k * step + n: values.
void packBrainRows(const BFloat16* b, int64_t step, int64_t k, int64_t n, BFloat16* packed);

struct BrainProduct {
    int64_t m = 0, n = 0, k = 0;
    const BFloat16* a = nullptr;  // rows are read to an even k: what lies behind is 0
    int64_t lda = 0;
    const BFloat16* packed = nullptr;
    float* c = nullptr;  // rows are written to whole panels
    int64_t ldc = 0;
};
void multiplyBrains(const BrainProduct& p);

}  // namespace bireme::cpu
