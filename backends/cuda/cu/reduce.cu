// SPDX-License-Identifier: Apache-2.0
// Reductions over any axes. -DT=f16 -DOP=0 (0 sum, 1 product, 2 maximum, 3 minimum, 4 mean)
// -DSTART=... (what no elements give)
#include "math.cuh"
#include "walk.cuh"

struct Parameters {
    const T* x;
    T* y;
    Loops<2> kept;     // target, source
    Loops<1> reduced;  // source
};
typedef Register<T>::type R;

__device__ __forceinline__ R combine(R a, R x) {
#if OP == 1
    return a * x;
#elif OP == 2
    return x > a || x != x ? x : a;
#elif OP == 3
    return x < a || x != x ? x : a;
#else
    return a + x;
#endif
}

__device__ __forceinline__ T finish(R a, u32 count) {
#if OP == 4
    return put<T>(a / R(count));
#else
    return put<T>(a);
#endif
}

// One block per result.
extern "C" __global__ void reduce_rows(const __grid_constant__ Parameters p) {
    __shared__ R part[32];
    for (u32 o = blockIdx.x; o < p.kept.count; o += gridDim.x) {
        i32 at[2];
        locate(p.kept, o, at);
        R a = START;
        for (u32 r = threadIdx.x; r < p.reduced.count; r += blockDim.x) {
            i32 off[1];
            locate(p.reduced, r, off);
            a = combine(a, get(p.x[at[1] + off[0]]));
        }
#pragma unroll
        for (int d = 16; d > 0; d /= 2) a = combine(a, __shfl_xor_sync(0xffffffffu, a, d));
        if (threadIdx.x % 32 == 0) part[threadIdx.x / 32] = a;
        __syncthreads();
        if (threadIdx.x == 0) {
            for (u32 w = 1; w < blockDim.x / 32; ++w) a = combine(a, part[w]);
            p.y[at[0]] = finish(a, p.reduced.count);
        }
        __syncthreads();
    }
}

// 32 neighbouring results per block, blockDim.y threads each.
extern "C" __global__ void reduce_columns(const __grid_constant__ Parameters p) {
    __shared__ R part[8][33];
    u32 o = blockIdx.x * 32 + threadIdx.x;
    i32 at[2] = {0, 0};
    R a = START;
    if (o < p.kept.count) {
        locate(p.kept, o, at);
        for (u32 r = threadIdx.y; r < p.reduced.count; r += blockDim.y) {
            i32 off[1];
            locate(p.reduced, r, off);
            a = combine(a, get(p.x[at[1] + off[0]]));
        }
    }
    part[threadIdx.y][threadIdx.x] = a;
    __syncthreads();
    if (threadIdx.y == 0 && o < p.kept.count) {
        for (u32 k = 1; k < blockDim.y; ++k) a = combine(a, part[k][threadIdx.x]);
        p.y[at[0]] = finish(a, p.reduced.count);
    }
}
