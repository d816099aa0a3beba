// SPDX-License-Identifier: Apache-2.0
// Products of many 16-bit rows with few weights, bound by what they read and write: a block keeps all
// weights, a warp multiplies 16 rows with all columns, whose results lie one behind the other in memory.
// The including text defines T, TY, V = 8, K, N, WARPS, Parameters and finish().
#pragma once
#include "math.cuh"
#include "mma.cuh"

#define STEPS ((K + 15) / 16)
#define PITCH (STEPS * 16 + 8)  // of weights: rows begin in different banks
#define LINE (N / V)            // vectors of a row of results

// As Shape of kernels/gemm_stream.cpp.
struct Shape {
    FastDiv pixels;  // by results of an image
    i32 m, tiles;    // tiles: of 16 rows
};

// What a lane multiplies of 16 rows; zeros behind their ends.
__device__ __forceinline__ void loadRows(u32 (&a)[STEPS][4], const T* input, const Shape& s, i32 tile) {
    const i32 lane = threadIdx.x % 32;
#pragma unroll
    for (int i = 0; i < STEPS; ++i)
#pragma unroll
        for (int r = 0; r < 4; ++r) {
            const i32 m = tile * 16 + lane / 4 + r % 2 * 8, k = i * 16 + r / 2 * 8 + lane % 4 * 2;
            a[i][r] = m < s.m && k < K ? *(const u32*)(input + i64(m) * K + k) : 0u;
        }
}

__device__ __forceinline__ void multiplyRows(const u32 (&a)[STEPS][4], const T (*weights)[PITCH], T* results) {
    const i32 lane = threadIdx.x % 32;
#pragma unroll
    for (int n = 0; n < N; n += 16) {
        float sum[2][4] = {};
#pragma unroll
        for (int i = 0; i < STEPS; ++i) {
            u32 b[4];
            loadMatrices(b, &weights[n + lane / 16 * 8 + lane % 8][i * 16 + lane / 8 % 2 * 8]);
            Mma<T>::multiply(sum[0], a[i], b[0], b[1]);
            Mma<T>::multiply(sum[1], a[i], b[2], b[3]);
        }
#pragma unroll
        for (int j = 0; j < 2; ++j)
#pragma unroll
            for (int h = 0; h < 2; ++h)
                if (n + j * 8 < N)
                    *(u32*)(results + (lane / 4 + h * 8) * N + n + j * 8 + lane % 4 * 2) = Mma<T>::pair(sum[j][h * 2], sum[j][h * 2 + 1]);
    }
}

template <typename Parameters> __device__ __forceinline__ void gemm(const Parameters& p) {
    extern __shared__ __align__(128) u8 memory[];
    const Shape& s = p.shape;
    const i32 warp = threadIdx.x / 32, lane = threadIdx.x % 32, rows = (N + 15) / 16 * 16;
    T(*weights)[PITCH] = (T(*)[PITCH])memory;
    T* results = (T*)(memory + rows * PITCH * sizeof(T)) + warp * 16 * N;
    for (i32 i = threadIdx.x; i < rows * (PITCH / 8); i += WARPS * 32) {
        const i32 n = i / (PITCH / 8), k = i % (PITCH / 8) * 8;
        const bool there = n < N && k < K;
        copyChunk(&weights[n][k], (const T*)p.weights + (there ? n * K + k : 0), there);
    }
    commitCopies();
    awaitPrevious();
    i32 tile = blockIdx.x * WARPS + warp;
    const i32 step = gridDim.x * WARPS;
    u32 a[STEPS][4];
    loadRows(a, (const T*)p.input, s, tile);
    waitCopies<0>();
    __syncthreads();
    for (; tile < s.tiles; tile += step) {
        u32 next[STEPS][4];
        loadRows(next, (const T*)p.input, s, tile + step);
        multiplyRows(a, weights, results);
        __syncwarp();
#pragma unroll
        for (int i = 0; i < (16 * LINE + 31) / 32; ++i) {
            const i32 e = i * 32 + lane, row = e / LINE, c = (e - row * LINE) * V, m = tile * 16 + row;
            if (row >= 16 || m >= s.m) continue;
            const Vec<T, V> sum = *(const Vec<T, V>*)(results + e * V);
            float total[V];
#pragma unroll
            for (int v = 0; v < V; ++v) total[v] = get(sum.v[v]);
            finish(p, total, i64(m) * N + c, i64(quotient(m, s.pixels)) * N + c, c);  // image 0 of a matrix product
        }
        __syncwarp();
#pragma unroll
        for (int i = 0; i < STEPS; ++i)
#pragma unroll
            for (int r = 0; r < 4; ++r) a[i][r] = next[i][r];
    }
}
