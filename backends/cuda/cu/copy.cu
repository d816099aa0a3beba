// SPDX-License-Identifier: Apache-2.0
// Strided copies with or without a change of type. -DFROM=f16 -DTO=f32 -DVECTOR=8
#include "walk.cuh"

struct Parameters {
    const FROM* from;
    TO* to;
    Loops<2> loops;  // target, source; of a tile: all loops but the two it is made of
    u32 rows, columns;       // of a tile: extents of the source's and the target's unit step
    i32 rowStep, columnStep; // target's step along the rows, source's along the columns
    FastDiv rowTiles, columnTiles;
};

template <typename A, typename B> struct Convert {
    static __device__ __forceinline__ B of(A a) { return put<B>(get(a)); }
};
template <typename A> struct Convert<A, A> {
    static __device__ __forceinline__ A of(A a) { return a; }
};

template <int V> __device__ __forceinline__ void copy(const Parameters& p) {
    for (u32 n = blockIdx.x * blockDim.x + threadIdx.x; n < p.loops.count;
         n += gridDim.x * blockDim.x) {
        i32 at[2];
        locate(p.loops, n, at);
        Vec<FROM, V> x = load<FROM, V>(p.from + at[1], p.loops.inner[1]);
        Vec<TO, V> y;
#pragma unroll
        for (int v = 0; v < V; ++v) y.v[v] = Convert<FROM, TO>::of(x.v[v]);
        *(Vec<TO, V>*)(p.to + at[0]) = y;
    }
}

extern "C" __global__ void copy_wide(const __grid_constant__ Parameters p) { awaitPrevious(), copy<VECTOR>(p); }
extern "C" __global__ void copy_single(const __grid_constant__ Parameters p) { awaitPrevious(), copy<1>(p); }

// 32 x 32 elements through shared memory; 32 x 8 threads.
extern "C" __global__ void copy_tile(const __grid_constant__ Parameters p) {
    awaitPrevious();
    __shared__ FROM tile[32][33];
    u32 n = blockIdx.x;
    u32 q = quotient(n, p.columnTiles);
    u32 columnBase = (n - q * p.columnTiles.divisor) * 32;
    n = q;
    q = quotient(n, p.rowTiles);
    u32 rowBase = (n - q * p.rowTiles.divisor) * 32;
    i32 at[2];
    locate(p.loops, q, at);
#pragma unroll
    for (int k = 0; k < 32; k += 8) {
        u32 row = rowBase + threadIdx.x, column = columnBase + threadIdx.y + k;
        if (row < p.rows && column < p.columns)
            tile[threadIdx.y + k][threadIdx.x] = p.from[at[1] + i32(row) + i32(column) * p.columnStep];
    }
    __syncthreads();
#pragma unroll
    for (int k = 0; k < 32; k += 8) {
        u32 row = rowBase + threadIdx.y + k, column = columnBase + threadIdx.x;
        if (row < p.rows && column < p.columns)
            p.to[at[0] + i32(row) * p.rowStep + i32(column)] =
                Convert<FROM, TO>::of(tile[threadIdx.x][threadIdx.y + k]);
    }
}
