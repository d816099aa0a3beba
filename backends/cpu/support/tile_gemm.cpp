// SPDX-License-Identifier: Apache-2.0
#include "backends/cpu/support/tile_gemm.h"

#include "base/parallel_for.h"

#include <algorithm>

namespace bireme::cpu {

namespace {

constexpr int64_t kNear = 384 * 1024;  // elements that stay in the second-level cache
constexpr int64_t kShare = 1500000;    // multiplications that are worth a thread

// Rows [row, rowEnd) and panels [panel, panelEnd).
void part(const TileGemm& p, int64_t row, int64_t rowEnd, int64_t panel, int64_t panelEnd) {
    alignas(64) float c[kTileBlock * kBrainWidth];
    Tiles tiles;
    const int64_t size = pairsOf(p.a.k) * 2 * kBrainWidth,
                  most = std::max(kTileBlock,
                                  kNear / std::max<int64_t>(1, p.a.k) / kTileBlock * kTileBlock);
    for (int64_t r0 = row; r0 < rowEnd; r0 += most) {
        const int64_t rows = std::min(most, rowEnd - r0),
                      blocks = (rows + kTileBlock - 1) / kTileBlock;
        for (int64_t j = panel; j < panelEnd; ++j)
            for (int64_t b = 0; b < blocks; ++b) {  // as even as they go
                const int64_t at = r0 + rows * b / blocks,
                              count = r0 + rows * (b + 1) / blocks - at, column = j * kBrainWidth;
                TileRows a = p.a;
                a.a += at * a.lda;
                multiplyTilePanel(tiles, a, count, p.packed + j * size, p.n - column, c,
                                  kBrainWidth, b == 0 && j + 1 < panelEnd ? size : 0);
                finishTileRows(p, c, at, count, column, p.y + at * p.ldy + column);
            }
    }
}

}  // namespace

bool staysNear(int64_t elements) { return elements <= kNear; }

void finishTileRows(const TileGemm& p, float* c, int64_t row, int64_t rows, int64_t column,
                    BFloat16* y) {
    const int64_t columns = std::min(kBrainWidth, p.n - column);
    BrainEnd end = p.end;
    if (end.bias) end.bias += column;
    if (end.residual) end.residual += row * end.residualStep + column;
    if (p.epilogue) {
        brainRowFunctions().finish({c, kBrainWidth, rows, columns}, end);
        p.epilogue->apply(c, kBrainWidth, row, rows, column, columns);
        end = {};
    }
    finishTilePanel(c, kBrainWidth, rows, columns, end, y, p.ldy);
}

void tileGemm(const TileGemm& p, int64_t threads) noexcept {
    if (p.m == 0) return;
    const int64_t panels = (p.n + kBrainWidth - 1) / kBrainWidth;
    int64_t parts = std::clamp<int64_t>(p.m * p.n * p.a.k / kShare, 1, threads);
    // Cut along the larger operand, so that each thread reads its own part of it.
    const bool byColumns = panels >= 2 * parts && p.n > p.m;
    parts = std::min(parts, byColumns ? panels : (p.m + 15) / 16);
    parallelFor(parts, 1, [&](int64_t begin, int64_t end) {
        for (int64_t t = begin; t < end; ++t) {
            if (byColumns)
                part(p, 0, p.m, panels * t / parts, panels * (t + 1) / parts);
            else
                part(p, p.m * t / parts, p.m * (t + 1) / parts, 0, panels);
        }
    });
}

}  // namespace bireme::cpu
