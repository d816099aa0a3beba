// SPDX-License-Identifier: Apache-2.0
// Matrix product of floats against a matrix that was packed once: c = a b, in cache-sized blocks.
#pragma once

#include <cstddef>
#include <cstdint>

namespace bireme::cpu {

// The packed matrix [k, n] lies in panels of `width` columns: element (k, n) at ((n / width) * K +
// k) * width + n % width, the last panel filled up with zeros.
struct GemmShape {
    int width = 16;  // columns of a panel
    int height = 6;  // rows that one inner loop does at once
};
GemmShape gemmShape();  // of this machine's instruction set
size_t packedElements(int64_t k, int64_t n, int width);
// b[k * rowStride + n * columnStride] into panels.
void packPanels(const float* b, int64_t rowStride, int64_t columnStride, int64_t k, int64_t n,
                int width, float* packed);

// What happens to finished blocks of c: rows [row, row + rows), columns [column, column + columns).
struct GemmEpilogue {
    virtual void apply(float* c, int64_t ldc, int64_t row, int64_t rows, int64_t column,
                       int64_t columns) const noexcept = 0;

protected:
    ~GemmEpilogue() = default;
};

struct GemmProblem {
    int64_t m = 0, n = 0, k = 0;
    const float* a = nullptr;
    int64_t lda = 0;
    const float* packed = nullptr;  // by packPanels with gemmShape().width
    float* c = nullptr;
    int64_t ldc = 0;
    const GemmEpilogue* epilogue = nullptr;
    float* scratch = nullptr;  // gemmScratch(threads) floats
};
constexpr int64_t kGemmDepth = 384;  // of a block along k
constexpr int64_t kGemmRows = 144;   // of a block along m
inline size_t gemmScratch(int threads) {
    return static_cast<size_t>(threads) * (kGemmDepth * kGemmRows + 1024);
}
void gemm(const GemmProblem& p, int threads) noexcept;

}  // namespace bireme::cpu
