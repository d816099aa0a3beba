// SPDX-License-Identifier: Apache-2.0
// Pooling in a plane, channels-last: a thread computes COLUMNS neighbours of WIDTH channels each.
// -DT=f16 -DMEAN=0 and the numbers in capitals.
#include "common.cuh"

struct Parameters {
    const T* x;
    T* y;
    FastDiv groups, columns, rows;
    u32 count;
    i32 height, width, channels, outHeight, outWidth, top, left;
    i32 bottom, right;  // rows and columns that a mean counts, the padding behind included
    i32 excludePadding;
};

extern "C" __global__ void __launch_bounds__(128) pool_window(const __grid_constant__ Parameters p) {
    awaitPrevious();
    u32 n = blockIdx.x * blockDim.x + threadIdx.x;
    if (n >= p.count) return;
    u32 tile = quotient(n, p.groups), c = (n - tile * p.groups.divisor) * WIDTH;
    u32 line = quotient(tile, p.columns), x0 = (tile - line * p.columns.divisor) * COLUMNS;
    u32 image = quotient(line, p.rows), oy = line - image * p.rows.divisor;
    const T* in = p.x + i64(image) * p.height * p.width * p.channels + c;
    const int READ = (COLUMNS - 1) * STRIDE_X + KERNEL_X;
    float best[COLUMNS][WIDTH];
#pragma unroll
    for (int x = 0; x < COLUMNS; ++x)
#pragma unroll
        for (int v = 0; v < WIDTH; ++v) best[x][v] = MEAN ? 0.f : -infinity();
#pragma unroll
    for (int ky = 0; ky < KERNEL_Y; ++ky) {
        int iy = i32(oy) * STRIDE_Y - p.top + ky;
        if (iy < 0 || iy >= p.height) continue;
#pragma unroll
        for (int k = 0; k < READ; ++k) {
            int ix = i32(x0) * STRIDE_X - p.left + k;
            if (ix < 0 || ix >= p.width) continue;
            Vec<T, WIDTH> pixel = *(const Vec<T, WIDTH>*)(in + (i64(iy) * p.width + ix) * p.channels);
#pragma unroll
            for (int x = 0; x < COLUMNS; ++x) {
                if (k < x * STRIDE_X || k >= x * STRIDE_X + KERNEL_X) continue;
#pragma unroll
                for (int v = 0; v < WIDTH; ++v) {
                    float f = get(pixel.v[v]), &b = best[x][v];
                    if (MEAN)
                        b += f;
                    else
                        b = f > b || f != f ? f : b;
                }
            }
        }
    }
#pragma unroll
    for (int x = 0; x < COLUMNS; ++x) {
        i32 ox = x0 + x;
        if (ox >= p.outWidth) continue;
        float scale = 1;
        if (MEAN) {
            i32 top = i32(oy) * STRIDE_Y - p.top, left = ox * STRIDE_X - p.left;
            i32 low = p.excludePadding ? p.height : p.bottom, far = p.excludePadding ? p.width : p.right;
            i32 high = p.excludePadding && top < 0 ? 0 : top, near = p.excludePadding && left < 0 ? 0 : left;
            i32 rows = (top + KERNEL_Y < low ? top + KERNEL_Y : low) - high;
            i32 columns = (left + KERNEL_X < far ? left + KERNEL_X : far) - near;
            scale = rows > 0 && columns > 0 ? 1.f / float(rows * columns) : 0.f;
        }
        Vec<T, WIDTH> y;
#pragma unroll
        for (int v = 0; v < WIDTH; ++v) y.v[v] = put<T>(MEAN ? best[x][v] * scale : best[x][v]);
        *(Vec<T, WIDTH>*)(p.y + ((i64(image) * p.outHeight + oy) * p.outWidth + ox) * p.channels + c) = y;
    }
}
