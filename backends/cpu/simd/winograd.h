// SPDX-License-Identifier: Apache-2.0
// Winograd's convolutions F(m x m, 3 x 3) of floats, channels-last: windows of 3 x 3 at every
// pixel, m x m results of a map by (m + 2)^2 products a channel. (Lavin and Gray, "Fast algorithms
// for convolutional neural networks", 2016; points 0, 1, -1, 2, -2 and infinity for m = 4.)
#pragma once

#include "backends/cpu/simd/gemm.h"

#include <cstdint>

namespace bireme::cpu {

struct Winograd {
    int m = 4;           // 2 or 4: side of a tile of results
    bool brain = false;  // x, y and the residual are bf16
    int64_t channels = 1, maps = 1;
    int64_t height = 1, width = 1;               // of an input plane
    int64_t outHeight = 1, outWidth = 1;         // of a result's plane
    int64_t top = 0, left = 0;                   // zeros before the input
    int64_t xStrides[3] = {}, yStrides[3] = {};  // elements from image to image, line, pixel
    int64_t tilesDown = 1, tilesAcross = 1, images = 1;

    int matrices() const { return (m + 2) * (m + 2); }
    int64_t tiles() const { return images * tilesDown * tilesAcross; }
};

// What lies between the steps: for each of matrices() a matrix with a row per tile, of the channels
// (then maps), rows padded to whole vectors. Matrices are `step` elements apart.
struct WinogradMatrices {
    float* data = nullptr;
    int64_t row = 0, step = 0;
    // For plain kernels the channels are cut into blocks, each with all matrices of its channels;
    // blocks are this far apart. 0: rows hold all channels.
    int64_t blockStep = 0;
};
constexpr int64_t kWinogradBlock = 32;  // channels

// The kernel [maps, channels, 3, 3] as matrices() matrices [channels, maps], packed as by
// packPanels with gemmShape().width.
void packWinograd(const Winograd& w, const float* kernel, int width, float* packed);

// The kernel itself as one matrix [channels * 9, maps], packed alike: for m = 4 a quarter of the
// above. Products transform it on their way, some channels at a time.
void packPlainWinograd(const Winograd& w, const float* kernel, int width, float* packed);
constexpr int64_t kWinogradScratch = 80 << 10;  // elements: they stay in the second-level cache
// What packWinograd makes, in single precision, from a plain kernel packed with gemmShape().width.
void transformWinograd(const Winograd& w, const float* plain, float* packed) noexcept;

// `zeros` stands for a pixel outside. Tiles [tile, tileEnd) of x become rows [0, tileEnd - tile).
void winogradInput(const Winograd& w, const void* x, const void* zeros, int64_t tile,
                   int64_t tileEnd, const WinogradMatrices& to) noexcept;
// Products [first, last) of matrices() * panels, panels of one matrix in a row; `rows` tiles.
void winogradProducts(const Winograd& w, const WinogradMatrices& from, const float* packed,
                      int64_t rows, int64_t first, int64_t last,
                      const WinogradMatrices& to) noexcept;
// All products of panels [first, last) of a plain kernel; kWinogradScratch elements of scratch.
void winogradPlainProducts(const Winograd& w, const WinogradMatrices& from, const float* plain,
                           int64_t rows, int64_t first, int64_t last, float* scratch,
                           const WinogradMatrices& to) noexcept;
// What happens to the results: + bias, + residual (dense, with a row of `maps` elements per pixel),
// clipped; and what follows that, over floats.
struct WinogradEnd {
    const float* bias = nullptr;
    const void* residual = nullptr;
    bool clip = false;
    float low = 0, high = 0;
    const GemmEpilogue* epilogue = nullptr;
};
// Rows [0, tileEnd - tile), which are lost, become the results of tiles [tile, tileEnd).
void winogradOutput(const Winograd& w, const WinogradMatrices& from, int64_t tile, int64_t tileEnd,
                    const WinogradEnd& end, void* y) noexcept;

}  // namespace bireme::cpu
