// SPDX-License-Identifier: Apache-2.0
// Matrix product of floats against a matrix that was packed once: c = a b, in cache-sized blocks.
#pragma once

#include <cstddef>
#include <cstdint>
#include <vector>

namespace bireme::cpu {

// The packed matrix [k, n] lies in panels of `width` columns: element (k, n) at ((n / width) * K +
// k) * width + n % width, the last panel filled up with zeros.
struct GemmShape {
    int width = 16;  // columns of a panel
    int height = 6;  // rows that one inner loop does at once
};
GemmShape gemmShape();  // of this machine's instruction set
// With AVX-512: may tiles be half as high and two panels wide? They load less for each product, and
// want a first-level cache of 48 KiB for the panels.
bool twoPanelsAtOnce();
size_t packedElements(int64_t k, int64_t n, int width);
// b[k * rowStride + n * columnStride] into panels.
void packPanels(const float* b, int64_t rowStride, int64_t columnStride, int64_t k, int64_t n,
                int width, float* packed);
// The same from panels of another width.
std::vector<float> repackPanels(const float* packed, int64_t k, int64_t n, int width);

// What happens to finished blocks of c: rows [row, row + rows), columns [column, column + columns).
struct GemmEpilogue {
    virtual void apply(float* c, int64_t ldc, int64_t row, int64_t rows, int64_t column,
                       int64_t columns) const noexcept = 0;

protected:
    ~GemmEpilogue() = default;
};

// What happens to a result while it is still in registers: + bias, + residual, clipped.
struct GemmEnd {
    const float* bias = nullptr;      // one value per column
    const float* residual = nullptr;  // of the result's shape
    int64_t ldr = 0;
    bool clip = false;
    float low = 0, high = 0;
    bool any() const { return bias || residual || clip; }
};

struct GemmProblem {
    int64_t m = 0, n = 0, k = 0;
    const float* a = nullptr;
    int64_t lda = 0;
    const int64_t* rows = nullptr;  // where each row of a begins, instead of lda
    const float* packed = nullptr;  // by packPanels with gemmShape().width
    float* c = nullptr;
    int64_t ldc = 0;
    GemmEnd end;
    const GemmEpilogue* epilogue = nullptr;  // what follows it
};
void gemm(const GemmProblem& p, int threads) noexcept;
// Rows [row, rowEnd) and panels [panel, panelEnd) of it, on the calling thread.
void gemmPart(const GemmProblem& p, int64_t row, int64_t rowEnd, int64_t panel,
              int64_t panelEnd) noexcept;

}  // namespace bireme::cpu
