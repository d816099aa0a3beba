// SPDX-License-Identifier: Apache-2.0
// Convolution of up to four channels as they lie in an image, row by row, to pixels of many, on
// tensor cores. A block takes tiles of TILE_ROWS x 16 results in turn: the input's part of the next
// tile is copied while this one is computed. One row of a window is KP elements of the depth, its
// first LEAD ones and those behind KERNEL_X zero, so that a word of a row (two neighbours of 16 bits, or a float,
// rounded to TF32) is one register of the left operand. The including text defines T (inputs), TY (results),
// V = 2 * TILES_V, the constants in capitals, Parameters and finish().
#pragma once
#include "math.cuh"
#include "mma.cuh"

const int TILE_ROWS = WARPS * ROWS, THREADS = WARPS * 32;
const int PATCH_ROWS = (TILE_ROWS - 1) * STRIDE_Y + KERNEL_Y;
const int EACH = 4 / sizeof(T);  // elements of a word
const int PATCH_WORDS = (15 * STRIDE_X + KP + EACH) / EACH;
const int PATCH = CHANNELS * PATCH_ROWS * PATCH_WORDS;  // in words
const int STEPS = (CHANNELS * KERNEL_Y * KP + 8 * EACH - 1) / (8 * EACH);
const int WEIGHTS = STEPS * TILES * 64;                 // in words
const bool SHIFTED = STRIDE_X % EACH != 0;              // windows begin at odd elements too

struct Shape {
    FastDiv columns, rows;  // tiles of an image
    u32 tiles;
    i32 height, width, outHeight, outWidth, top, left, maps;
};

struct Place {
    i32 image, y, x;  // of the tile's first result
};
__device__ __forceinline__ Place placeOf(const Shape& s, u32 tile) {
    u32 line = quotient(tile, s.columns), image = quotient(line, s.rows);
    return {i32(image), i32(line - image * s.rows.divisor) * TILE_ROWS, i32(tile - line * s.columns.divisor) * 16};
}

__device__ __forceinline__ void copyPatch(const Shape& s, const T* input, Place at, u32* patch) {
    const i32 top = at.y * STRIDE_Y - s.top, left = at.x * STRIDE_X - s.left - LEAD;
    const T* image = input + i64(at.image) * CHANNELS * s.height * s.width;
    for (i32 i = threadIdx.x; i < PATCH; i += THREADS) {
        i32 line = i / PATCH_WORDS, word = i - line * PATCH_WORDS, c = line / PATCH_ROWS;
        i32 y = top + line - c * PATCH_ROWS, x = left + word * EACH;
        bool row = u32(y) < u32(s.height);
        const T* from = image + (i64(c) * s.height + y) * s.width + x;
#if WORDS
        bool there = row && u32(x) < u32(s.width);
        asm volatile("cp.async.ca.shared.global [%0], [%1], 4, %2;" ::"r"(sharedAddress(patch + i)),
                     "l"(there ? from : input), "r"(there ? 4 : 0)
                     : "memory");
#else
        u32 low = row && u32(x) < u32(s.width) ? from[0].bits : 0;
        u32 high = row && u32(x + 1) < u32(s.width) ? from[1].bits : 0;
        patch[i] = low | high << 16;
#endif
    }
}

// The part of a pair of the depth, the first being element `k` of its row, that lies in the window.
__device__ __forceinline__ u32 maskOf(i32 k) {
    return (k >= LEAD && k < LEAD + KERNEL_X ? 0xffffu : 0u) | (k + 1 >= LEAD && k + 1 < LEAD + KERNEL_X ? 0xffff0000u : 0u);
}

// The left operand's register for half `h` of a step: a word of the depth.
__device__ __forceinline__ u32 wordOf(const u32* base, int step, int h, i32 quad, u32 mask) {
    const int word = 8 * step + 4 * h, line = word * EACH / KP;  // of the lines of all channels' windows
    const int column = word % (KP / EACH);
    const u32* from = base + (line / KERNEL_Y * PATCH_ROWS + line % KERNEL_Y) * PATCH_WORDS + column;
    bool there = line < CHANNELS * KERNEL_Y;
    if (EACH == 1) return there && column + quad < KERNEL_X ? Mma<f32>::rounded(from[0]) : 0;
    if (KP == 4) {
        const int next = line + 1;
        const u32* other = base + (next / KERNEL_Y * PATCH_ROWS + next % KERNEL_Y) * PATCH_WORDS;
        if (quad >= 2) from = other, there = next < CHANNELS * KERNEL_Y;
    }
    if (!there) return 0;
    u32 pair = from[0];
    if (SHIFTED) pair = __funnelshift_r(pair, from[1], (threadIdx.x / 4 & 1) * 16);
    return pair & mask;
}

template <typename Parameters>
__device__ __forceinline__ void fewChannels(const Parameters& p) {
    extern __shared__ __align__(128) u8 memory[];
    const Shape& s = p.shape;
    const i32 warp = threadIdx.x / 32, lane = threadIdx.x % 32, quad = lane % 4;
    u32* weights = (u32*)memory;
    u32* patches = weights + WEIGHTS;
    const u32* packed = (const u32*)p.weights + i64(blockIdx.y) * WEIGHTS;
    for (i32 i = threadIdx.x; i < WEIGHTS / 4; i += THREADS) copyChunk(weights + i * 4, packed + i * 4, true);
    awaitPrevious();

    const T* input = (const T*)p.input;
    u32 tile = blockIdx.x;
    copyPatch(s, input, placeOf(s, tile), patches);
    commitCopies();
    // Where this thread's words of the first row of results lie, without the window's row.
    const i32 k = EACH == 2 && KP == 4 ? quad % 2 * 2 : quad * EACH;
    const i32 first = warp * ROWS * STRIDE_Y * PATCH_WORDS + (lane / 4 * STRIDE_X + k) / EACH;
    const u32 masks[2] = {maskOf(k), maskOf(KP == 16 ? k + 8 : k)};
    for (i32 n = 0; tile < s.tiles; tile += gridDim.x, n ^= 1) {
        if (tile + gridDim.x < s.tiles) copyPatch(s, input, placeOf(s, tile + gridDim.x), patches + (n ^ 1) * PATCH);
        commitCopies();
        waitCopies<1>();
        __syncthreads();
        const u32* patch = patches + n * PATCH + first;
        float sum[ROWS][TILES][4] = {};
#pragma unroll
        for (int step = 0; step < STEPS; ++step) {
            u32 left[ROWS][4];
#pragma unroll
            for (int r = 0; r < ROWS; ++r)
#pragma unroll
                for (int h = 0; h < 4; ++h)
                    left[r][h] = wordOf(patch + r * STRIDE_Y * PATCH_WORDS + (h % 2) * 8 * STRIDE_X / EACH, step, h / 2, quad, masks[h / 2]);
#pragma unroll
            for (int j = 0; j < TILES; ++j) {
                Vec<u32, 2> right = *(const Vec<u32, 2>*)(weights + ((step * TILES + j) * 32 + lane) * 2);
#pragma unroll
                for (int r = 0; r < ROWS; ++r) Mma<T>::multiply(sum[r][j], left[r], right.v[0], right.v[1]);
            }
        }
        Place at = placeOf(s, tile);
#pragma unroll
        for (int r = 0; r < ROWS; ++r)
#pragma unroll
            for (int h = 0; h < 2; ++h) {
                i32 y = at.y + warp * ROWS + r, x = at.x + lane / 4 + 8 * h;
                if (y >= s.outHeight || x >= s.outWidth) continue;
                i64 pixel = (i64(at.image) * s.outHeight + y) * s.outWidth + x;
#pragma unroll
                for (int g = 0; g < TILES / TILES_V; ++g) {
                    u32 channel = (blockIdx.y * TILES + g * TILES_V) * 8 + quad * V;
                    if (channel >= u32(s.maps)) continue;
                    float values[V];
#pragma unroll
                    for (int v = 0; v < V; ++v) values[v] = sum[r][g * TILES_V + v / 2][2 * h + v % 2];
                    finish(p, values, pixel * s.maps + channel, i64(at.image) * s.maps + channel, channel);
                }
            }
        __syncthreads();
    }
}
