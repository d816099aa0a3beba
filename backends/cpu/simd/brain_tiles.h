// SPDX-License-Identifier: Apache-2.0
// Products of bf16 matrices by the tile registers of processors that have them (AMX), over the
// panels of brain_product.h. Only called where multipliesTiles.
#pragma once

#include "backends/cpu/simd/brain_product.h"
#include "backends/cpu/simd/rows.h"

namespace bireme::cpu {

// Does kernelIsa() have tiles?
extern const bool multipliesTiles;

// Pairs along k that one step of a product multiplies, at most 16: as many as divide all pairs. 0
// where too small a number does; then the last step is filled up with zeros in copies.
int64_t tilePairs(int64_t pairs);

// The tile registers of the calling thread, from the first product to the end of the scope.
class Tiles {
public:
    Tiles() = default;
    ~Tiles();
    Tiles(const Tiles&) = delete;
    Tiles& operator=(const Tiles&) = delete;
    void shape(int64_t rows, int64_t pairs);

private:
    int64_t rows_ = 0, pairs_ = 0;
};

// The left operand of a product: row r consists of `runs` runs of k elements, which begin at
// a + r * lda + starts[run]; a product over more than one run needs tilePairs(pairsOf(k)) > 0.
struct TileRows {
    const BFloat16* a = nullptr;  // rows are read to an even k: what lies behind is 0
    int64_t lda = 0, k = 0, runs = 1;
    const int64_t* starts = nullptr;  // null: 0, of one run
};

constexpr int64_t kTileBlock = 128;  // rows that one call multiplies, at most

// c = `rows` rows of `a` times one panel, or the first half of it (`columns` <= 16). The panel
// `next` elements behind comes nearer meanwhile; 0: none does.
void multiplyTilePanel(Tiles& tiles, const TileRows& a, int64_t rows, const BFloat16* panel,
                       int64_t columns, float* c, int64_t ldc, int64_t next = 0);
// The end of those: y = c, finished and rounded; what `end` points to is that of the first element.
void finishTilePanel(const float* c, int64_t ldc, int64_t rows, int64_t columns,
                     const BrainEnd& end, BFloat16* y, int64_t yStep);

// As multiplyBrains.
void multiplyBrainTiles(const BrainProduct& p);

}  // namespace bireme::cpu
