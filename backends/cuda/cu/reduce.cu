// SPDX-License-Identifier: Apache-2.0
// Reductions over any axes. -DT=f16 -DOP=0 (0 sum, 1 product, 2 maximum, 3 minimum, 4 mean)
// -DSTART=... (what no elements give)
#include "math.cuh"
#include "mma.cuh"
#include "walk.cuh"

struct Parameters {
    const T* x;
    T* y;
    Loops<2> kept;     // target, source
    Loops<1> reduced;  // source
    i32 splits;        // blocks that share the results of reduce_vectors
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
    awaitPrevious();
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
    awaitPrevious();
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

// Results and their sources lie in runs, what is reduced in one loop: 8 vectors of WIDTH neighbours per block, or per cluster of
// blocks that share out what is reduced; blockDim.y threads each.
#ifdef WIDTH
extern "C" __global__ void __launch_bounds__(1024) reduce_vectors(const __grid_constant__ Parameters p) {
    awaitPrevious();
    extern __shared__ __align__(16) u8 memory[];
    float(*part)[8 * WIDTH] = (float(*)[8 * WIDTH])memory;
    const u32 rank = p.splits > 1 ? clusterRank() : 0, vector = blockIdx.x / p.splits * 8 + threadIdx.x;
    i32 at[2] = {0, 0};
    float a[WIDTH];
#pragma unroll
    for (int v = 0; v < WIDTH; ++v) a[v] = START;
    if (vector < p.kept.count) {
        locate(p.kept, vector, at);
        const u32 step = blockDim.y * p.splits;
        const T* from = p.x + at[1];
        const i64 stride = p.reduced.stride[0][0];
#pragma unroll 4
        for (u32 r = rank * blockDim.y + threadIdx.y; r < p.reduced.count; r += step) {
            Vec<T, WIDTH> x = *(const Vec<T, WIDTH>*)(from + r * stride);
#pragma unroll
            for (int v = 0; v < WIDTH; ++v) a[v] = combine(a[v], get(x.v[v]));
        }
    }
    const u32 thread = threadIdx.y * 8 + threadIdx.x, warp = thread / 32, warps = blockDim.y / 4;
#pragma unroll
    for (int v = 0; v < WIDTH; ++v) {
        a[v] = combine(a[v], __shfl_xor_sync(~0u, a[v], 8));
        a[v] = combine(a[v], __shfl_xor_sync(~0u, a[v], 16));
        if (thread % 32 < 8) part[warp][thread % 8 * WIDTH + v] = a[v];
    }
    __syncthreads();
    if (thread < 8 * WIDTH)
        for (u32 w = 1; w < warps; ++w) part[0][thread] = combine(part[0][thread], part[w][thread]);
    if (p.splits > 1)
        syncCluster();
    else
        __syncthreads();
    const u32 own = thread * 4, result = blockIdx.x / p.splits * 8 + own / WIDTH;
    if (rank == 0 && thread < 2 * WIDTH && result < p.kept.count) {
        float sum[4];
#pragma unroll
        for (int e = 0; e < 4; ++e) sum[e] = part[0][own + e];
        if (p.splits > 1) {  // eight
            float x[7][4];
#pragma unroll
            for (int other = 1; other < 8; ++other) loadRemote(x[other - 1], &part[0][own], other);
#pragma unroll
            for (int other = 1; other < 8; ++other)
#pragma unroll
                for (int e = 0; e < 4; ++e) sum[e] = combine(sum[e], x[other - 1][e]);
        }
        locate(p.kept, result, at);
        Vec<T, 4> y;
#pragma unroll
        for (int e = 0; e < 4; ++e) y.v[e] = finish(sum[e], p.reduced.count);
        *(Vec<T, 4>*)(p.y + at[0] + own % WIDTH) = y;
    }
    if (p.splits > 1) leaveCluster();  // no block leaves while its sums are read
}
#endif
