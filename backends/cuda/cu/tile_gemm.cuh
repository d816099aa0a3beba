// SPDX-License-Identifier: Apache-2.0
// A product by 64 x 64 tiles through shared memory, in float, for operands that functions give
// element by element. 256 threads.
#pragma once
#include "common.cuh"

#define TILE 64
#define DEPTH 16

// a(m, k) and b(k, n) are called within the extents only; store(m, n, sum) takes the results.
template <typename A, typename B, typename Store>
__device__ __forceinline__ void tileProduct(i32 extentM, i32 extentN, i32 extentK, i32 blockM,
                                            i32 blockN, A a, B b, Store store) {
    __shared__ float sa[DEPTH][TILE + 4];
    __shared__ float sb[DEPTH][TILE + 4];
    const int t = threadIdx.x, tm = t / 16 * 4, tn = t % 16 * 4;
    float sum[4][4] = {};
    for (i32 k0 = 0; k0 < extentK; k0 += DEPTH) {
#pragma unroll
        for (int e = 0; e < TILE * DEPTH / 256; ++e) {
            // Neighbouring threads take neighbouring k of a, and neighbouring n of b.
            int i = t + e * 256;
            i32 m = blockM * TILE + i / DEPTH, k = k0 + i % DEPTH;
            sa[i % DEPTH][i / DEPTH] = m < extentM && k < extentK ? a(m, k) : 0.f;
            i32 n = blockN * TILE + i % TILE, kb = k0 + i / TILE;
            sb[i / TILE][i % TILE] = n < extentN && kb < extentK ? b(kb, n) : 0.f;
        }
        __syncthreads();
#pragma unroll
        for (int k = 0; k < DEPTH; ++k) {
            float ra[4], rb[4];
#pragma unroll
            for (int i = 0; i < 4; ++i) ra[i] = sa[k][tm + i], rb[i] = sb[k][tn + i];
#pragma unroll
            for (int i = 0; i < 4; ++i)
#pragma unroll
                for (int j = 0; j < 4; ++j) sum[i][j] += ra[i] * rb[j];
        }
        __syncthreads();
    }
#pragma unroll
    for (int i = 0; i < 4; ++i)
#pragma unroll
        for (int j = 0; j < 4; ++j) {
            i32 m = blockM * TILE + tm + i, n = blockN * TILE + tn + j;
            if (m < extentM && n < extentN) store(m, n, sum[i][j]);
        }
}
