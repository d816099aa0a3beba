// SPDX-License-Identifier: Apache-2.0
// Depthwise convolution, channels-last. A thread computes ROWS x COLUMNS results of V channels each:
// every pixel that it reads serves all results whose windows hold it, and weights come from the
// cache. The including text defines T (inputs), TY (results), the constants in capitals,
// Parameters and finish().
#pragma once
#include "math.cuh"

struct Shape {
    FastDiv groups, columns, rows;  // of threads: groups of V channels, tiles of columns and rows
    u32 count;
    i32 height, width, channels, outHeight, outWidth, top, left;
};

template <typename Parameters>
__device__ __forceinline__ void depthwise(const Parameters& p) {
    const Shape& s = p.shape;
    u32 n = blockIdx.x * blockDim.x + threadIdx.x;
    if (n >= s.count) return;
    u32 tile = quotient(n, s.groups), c = (n - tile * s.groups.divisor) * V;
    u32 line = quotient(tile, s.columns), x0 = (tile - line * s.columns.divisor) * COLUMNS;
    u32 image = quotient(line, s.rows), y0 = (line - image * s.rows.divisor) * ROWS;
    const T* in = (const T*)p.input + i64(image) * s.height * s.width * s.channels + c;
    const T* w = (const T*)p.weights + c;

    const int READ_ROWS = (ROWS - 1) * STRIDE_Y + (KERNEL_Y - 1) * DILATION_Y + 1;
    const int READ_COLUMNS = (COLUMNS - 1) * STRIDE_X + (KERNEL_X - 1) * DILATION_X + 1;
    float sum[ROWS][COLUMNS][V] = {};
#pragma unroll
    for (int r = 0; r < READ_ROWS; ++r) {
        bool used = false;
#pragma unroll
        for (int y = 0; y < ROWS; ++y) {
            int d = r - y * STRIDE_Y;
            used = used || (d >= 0 && d % DILATION_Y == 0 && d / DILATION_Y < KERNEL_Y);
        }
        if (!used) continue;
        int iy = i32(y0) * STRIDE_Y - s.top + r;
        bool rowInside = iy >= 0 && iy < s.height;
        Vec<T, V> pixels[READ_COLUMNS];
#pragma unroll
        for (int k = 0; k < READ_COLUMNS; ++k) {
            int ix = i32(x0) * STRIDE_X - s.left + k;
            if (rowInside && ix >= 0 && ix < s.width) {
                pixels[k] = *(const Vec<T, V>*)(in + (i64(iy) * s.width + ix) * s.channels);
            } else {
#pragma unroll
                for (int v = 0; v < V; ++v) pixels[k].v[v] = T();
            }
        }
#pragma unroll
        for (int y = 0; y < ROWS; ++y) {
            int d = r - y * STRIDE_Y;
            if (d < 0 || d % DILATION_Y != 0 || d / DILATION_Y >= KERNEL_Y) continue;
#pragma unroll
            for (int kx = 0; kx < KERNEL_X; ++kx) {
                Vec<T, V> weight =
                    *(const Vec<T, V>*)(w + (d / DILATION_Y * KERNEL_X + kx) * s.channels);
#pragma unroll
                for (int x = 0; x < COLUMNS; ++x)
#pragma unroll
                    for (int v = 0; v < V; ++v)
                        sum[y][x][v] += get(pixels[x * STRIDE_X + kx * DILATION_X].v[v]) *
                                        get(weight.v[v]);
            }
        }
    }
#pragma unroll
    for (int y = 0; y < ROWS; ++y)
#pragma unroll
        for (int x = 0; x < COLUMNS; ++x) {
            i32 oy = y0 + y, ox = x0 + x;
            if (oy >= s.outHeight || ox >= s.outWidth) continue;
            i64 at = ((i64(image) * s.outHeight + oy) * s.outWidth + ox) * s.channels + c;
            finish(p, sum[y][x], at, i64(image) * s.channels + c, c);
        }
}
