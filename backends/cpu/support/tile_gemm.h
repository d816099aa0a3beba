// SPDX-License-Identifier: Apache-2.0
// A product of bf16 by tile registers, finished and rounded panel by panel. Only called where
// multipliesTiles.
#pragma once

#include "backends/cpu/simd/brain_tiles.h"
#include "backends/cpu/simd/gemm.h"

namespace bireme::cpu {

struct TileGemm {
    int64_t m = 0, n = 0;
    TileRows a;                        // of one run
    const BFloat16* packed = nullptr;  // by packBrainColumns or packBrainRows
    BrainEnd end;
    const GemmEpilogue* epilogue = nullptr;  // what follows it, before values are rounded
    BFloat16* y = nullptr;
    int64_t ldy = 0;
};
void tileGemm(const TileGemm& p, int64_t threads) noexcept;

// Do so many elements of bf16 stay in the second-level cache beside rows and results?
bool staysNear(int64_t elements);

// Rows of one panel in floats, kBrainWidth apart, become those of y.
void finishTileRows(const TileGemm& p, float* c, int64_t row, int64_t rows, int64_t column,
                    BFloat16* y);

}  // namespace bireme::cpu
