// SPDX-License-Identifier: Apache-2.0
// Convolution of groups of channels, channels-last, on tensor cores. A block has CHANNELS of the input and takes tiles of
// ROWS x COLUMNS pixels in turn: the input's part of the next tile is copied while this one is computed. A warp has 16 maps, whose
// weights stay in its registers: of UNIT channels, which are whole groups; weights between groups are zero. The including
// text defines T (inputs), TY (results), V = 4, the constants in capitals, Parameters and finish().
#pragma once
#include "math.cuh"
#include "mma.cuh"

const int PATCH_ROWS = (ROWS - 1) * STRIDE_Y + (KERNEL_Y - 1) * DILATION_Y + 1;
const int PATCH_COLUMNS = (COLUMNS - 1) * STRIDE_X + (KERNEL_X - 1) * DILATION_X + 1;
const int PITCH = CHANNELS + 8;  // neighbours begin in different banks
const int PATCH = PATCH_ROWS * PATCH_COLUMNS * PITCH;
const int PIXELS = ROWS * COLUMNS, STEPS_OF_TAP = UNIT / 16, STEPS = KERNEL_Y * KERNEL_X * STEPS_OF_TAP;
const int THREADS = WARPS * 32, SHARES = WARPS / JOBS;  // warps with the same maps and other pixels

struct Shape {
    FastDiv columns, rows;  // tiles of an image
    u32 tiles;
    i32 height, width, channels, outHeight, outWidth, top, left, maps;
};

struct Place {
    i32 image, y, x;  // of the tile's first result
};
__device__ __forceinline__ Place placeOf(const Shape& s, u32 tile) {
    u32 line = quotient(tile, s.columns), image = quotient(line, s.rows);
    return {i32(image), i32(line - image * s.rows.divisor) * ROWS, i32(tile - line * s.columns.divisor) * COLUMNS};
}

__device__ __forceinline__ void copyPatch(const Shape& s, const T* input, Place at, T* patch) {
    const i32 top = at.y * STRIDE_Y - s.top, left = at.x * STRIDE_X - s.left;
    const T* image = input + i64(at.image) * s.height * s.width * s.channels;
    const int CHUNKS = CHANNELS / 8;
    for (i32 i = threadIdx.x; i < PATCH_ROWS * PATCH_COLUMNS * CHUNKS; i += THREADS) {
        i32 pixel = i / CHUNKS, c = (i - pixel * CHUNKS) * 8, line = pixel / PATCH_COLUMNS;
        i32 y = top + line, x = left + pixel - line * PATCH_COLUMNS;
        bool there = u32(y) < u32(s.height) && u32(x) < u32(s.width);
        copyChunk(patch + pixel * PITCH + c, there ? image + (i64(y) * s.width + x) * s.channels + c : input, there);
    }
}

template <typename Parameters>
__device__ __forceinline__ void grouped(const Parameters& p) {
    extern __shared__ __align__(128) u8 memory[];
    const Shape& s = p.shape;
    const i32 warp = threadIdx.x / 32, lane = threadIdx.x % 32, quad = lane % 4, job = warp % JOBS, share = warp / JOBS;
    T* patches = (T*)memory;
    // Of 16 maps: per step, its two tiles of eight.
    Vec<u32, 4> weights[STEPS];
    const Vec<u32, 4>* packed = (const Vec<u32, 4>*)p.weights + (i64(blockIdx.y) * JOBS + job) * STEPS * 32 + lane;
#pragma unroll
    for (int k = 0; k < STEPS; ++k) weights[k] = packed[k * 32];
    awaitPrevious();

    const T* input = (const T*)p.input + blockIdx.y * CHANNELS;
    u32 tile = blockIdx.x;
    copyPatch(s, input, placeOf(s, tile), patches);
    commitCopies();
    // Channels of this lane's row of the left operand.
    const i32 own = job / SLICES * UNIT + lane / 16 * 8;
    const u32 channel = (blockIdx.y * JOBS + job) * 16 + quad * V;
    for (i32 n = 0; tile < s.tiles; tile += gridDim.x, n ^= 1) {
        if (tile + gridDim.x < s.tiles) copyPatch(s, input, placeOf(s, tile + gridDim.x), patches + (n ^ 1) * PATCH);
        commitCopies();
        waitCopies<1>();
        __syncthreads();
        const T* patch = patches + n * PATCH + own;
        const Place at = placeOf(s, tile);
#pragma unroll 2
        for (i32 first = share * 16; first < PIXELS; first += SHARES * 16) {
            i32 pixel = first + lane % 16;
            if (PIXELS % 16 != 0 && pixel >= PIXELS) pixel = 0;
            const i32 line = pixel / COLUMNS;
            const T* row = patch + (line * STRIDE_Y * PATCH_COLUMNS + (pixel - line * COLUMNS) * STRIDE_X) * PITCH;
            float sum[2][4] = {};
#pragma unroll
            for (int k = 0; k < STEPS; ++k) {
                const int tap = k / STEPS_OF_TAP;
                u32 left[4];
                loadMatrices(left, row + (tap / KERNEL_X * DILATION_Y * PATCH_COLUMNS + tap % KERNEL_X * DILATION_X) * PITCH +
                                       k % STEPS_OF_TAP * 16);
                Mma<T>::multiply(sum[0], left, weights[k].v[0], weights[k].v[1]);
                Mma<T>::multiply(sum[1], left, weights[k].v[2], weights[k].v[3]);
            }
#pragma unroll
            for (int h = 0; h < 2; ++h) {
                const i32 result = first + lane / 4 + 8 * h, y = at.y + result / COLUMNS, x = at.x + result % COLUMNS;
                if ((PIXELS % 16 != 0 && result >= PIXELS) || y >= s.outHeight || x >= s.outWidth) continue;
                float values[V] = {sum[0][2 * h], sum[0][2 * h + 1], sum[1][2 * h], sum[1][2 * h + 1]};
                i64 place = ((i64(at.image) * s.outHeight + y) * s.outWidth + x) * s.maps + channel;
                finish(p, values, place, i64(at.image) * s.maps + channel, channel);
            }
        }
        __syncthreads();
    }
}
