// SPDX-License-Identifier: Apache-2.0
// Products of few rows with packed weights: a warp per result of a row, its weights in registers
// before the kernel in front is done. The including text defines T, TY, WIDTH (elements loaded at
// once), PER (of those a thread), Parameters and finish().
#pragma once
#include "math.cuh"

// As Shape of kernels/matvec_jit.cpp.
struct Shape {
    i32 m, n, k;
};

template <typename Parameters>
__device__ __forceinline__ void matvec(const Parameters& p) {
    const Shape& s = p.shape;
    const i32 lane = threadIdx.x % 32, n = blockIdx.x * (blockDim.x / 32) + threadIdx.x / 32;
    typedef Vec<T, WIDTH> Part;
    Part w[PER];
    const T* weights = (const T*)p.weights + i64(n) * s.k;
#pragma unroll
    for (int i = 0; i < PER; ++i) {
        i32 k = (i * 32 + lane) * WIDTH;
        if (n < s.n && k < s.k) w[i] = *(const Part*)(weights + k);
    }
    awaitPrevious();
    if (n >= s.n) return;
    for (i32 m = blockIdx.y; m < s.m; m += gridDim.y) {
        const T* x = (const T*)p.input + i64(m) * s.k;
        float sum[1] = {0};
#pragma unroll
        for (int i = 0; i < PER; ++i) {
            i32 k = (i * 32 + lane) * WIDTH;
            if (k >= s.k) continue;
            Part a = *(const Part*)(x + k);
#pragma unroll
            for (int e = 0; e < WIDTH; ++e) sum[0] += get(a.v[e]) * get(w[i].v[e]);
        }
#pragma unroll
        for (int d = 16; d > 0; d /= 2) sum[0] += __shfl_xor_sync(0xffffffffu, sum[0], d);
        if (lane == 0) finish(p, sum, i64(m) * s.n + n, i64(m) * s.n + n, n);
    }
}
