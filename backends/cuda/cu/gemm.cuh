// SPDX-License-Identifier: Apache-2.0
// Products of 16-bit activations with packed weights, for problems too small to fill a GPU with
// large tiles: a cluster of blocks shares one tile, each sums a part of the depth, and all of them
// finish a part of the results. Weights come from memory while the kernel before still runs.
// The including text defines T (operands), TY (results), CONVOLUTION (rows are windows of a
// channels-last image), PATCHES (they are patches of images), BM, BN, WARPS_M, WARPS_N,
// WARPS_K (warps that share out a tile's depth), STAGES, Parameters and finish().
#pragma once
#include "math.cuh"
#include "mma.cuh"
#if PATCHES
#include "patches.cuh"
#endif

#define DEPTH 64               // of a stage, in elements
#define CHUNKS (DEPTH / 8)     // of 16 bytes
#define THREADS (WARPS_M * WARPS_N * WARPS_K * 32)
#define TILE_M (BM / WARPS_M)  // of a warp
#define TILE_N (BN / WARPS_N)
#define AHEAD (TILE_M + TILE_N > 64 ? 1 : 2)  // steps of 16 whose operands are loaded early
#define ROW (BN + 4)           // floats of a row of sums: vectors stay aligned, banks differ

// As Shape of kernels/gemm_mma.cpp.
struct Shape {
    FastDiv chunks, window, pixels, columns;  // by chunks of a pixel, columns of a window, results of an image, of a line
    i32 m, n, k, slice, splits;               // slice: depth that one block sums
    i32 height, width, channels, strideY, strideX, top, left, dilationY, dilationX;
};

// Which element of shared memory holds a chunk of a row: eight rows meet eight different banks.
__device__ __forceinline__ i32 place(i32 row, i32 chunk) { return row * DEPTH + ((chunk ^ (row & 7)) * 8); }

// The rows of one operand that a thread copies.
#if PATCHES
template <int Rows> struct Activations {
    const T* images;
    u32 patch[Rows];

    __device__ __forceinline__ void start(const Shape& s, const T* input, i32 firstRow) {
        images = input;
#pragma unroll
        for (int j = 0; j < Rows; ++j) {
            const i32 m = firstRow + j * (THREADS / CHUNKS);
            patch[j] = m < s.m ? patchAt(m, s.pixels, s.columns, s.height, s.width) : ~0u;
        }
    }
    __device__ __forceinline__ void copy(const Shape& s, T* stage, i32 k, i32 end, i32 row, i32 chunk) const {
        const PatchChunk from(k, s.height, s.width);
#pragma unroll
        for (int j = 0; j < Rows; ++j)
            from.copy(stage + place(row + j * (THREADS / CHUNKS), chunk), images, patch[j], k < end && patch[j] != ~0u);
    }
};
#else
template <int Rows> struct Activations {
    const T* base[Rows];
    i32 y[Rows], x[Rows];

    __device__ __forceinline__ void start(const Shape& s, const T* input, i32 firstRow) {
#pragma unroll
        for (int j = 0; j < Rows; ++j) {
            i32 m = firstRow + j * (THREADS / CHUNKS);
            bool there = m < s.m;
#if CONVOLUTION
            u32 image = quotient(there ? m : 0, s.pixels), r = (there ? m : 0) - image * s.pixels.divisor;
            u32 line = quotient(r, s.columns);
            y[j] = there ? i32(line) * s.strideY - s.top : -(1 << 28);
            x[j] = i32(r - line * s.columns.divisor) * s.strideX - s.left;
            base[j] = input + i64(image) * s.height * s.width * s.channels;
#else
            y[j] = there;
            base[j] = input + i64(there ? m : 0) * s.k;
#endif
        }
    }
    __device__ __forceinline__ void copy(const Shape& s, T* stage, i32 k, i32 end, i32 row, i32 chunk) const {
#if CONVOLUTION
        u32 tap = quotient(k / 8, s.chunks), line = quotient(tap, s.window);
        i32 channel = k - i32(tap * s.chunks.divisor) * 8;
        i32 dy = i32(line) * s.dilationY, dx = i32(tap - line * s.window.divisor) * s.dilationX;
#endif
#pragma unroll
        for (int j = 0; j < Rows; ++j) {
#if CONVOLUTION
            i32 iy = y[j] + dy, ix = x[j] + dx;
            bool there = k < end && u32(iy) < u32(s.height) && u32(ix) < u32(s.width);
            const T* from = base[j] + (there ? i64(iy * s.width + ix) * s.channels + channel : 0);
#else
            bool there = k < end && y[j];
            const T* from = base[j] + (there ? k : 0);
#endif
            copyChunk(stage + place(row + j * (THREADS / CHUNKS), chunk), from, there);
        }
    }
};
#endif

// The sums of `Blocks` blocks of the cluster, all under way at once.
template <int Blocks> __device__ __forceinline__ void addRemote(float* total, const float* from, i32 first) {
    float x[Blocks][V];
#pragma unroll
    for (int b = 0; b < Blocks; ++b)
#pragma unroll
        for (int v = 0; v < V; v += 4) loadRemote(x[b] + v, from + v, first + b);
#pragma unroll
    for (int b = 0; b < Blocks; ++b)
#pragma unroll
        for (int v = 0; v < V; ++v) total[v] += x[b][v];
}

template <typename Parameters>
__device__ __forceinline__ void gemm(const Parameters& p) {
    extern __shared__ __align__(128) u8 memory[];
    const Shape& s = p.shape;
    const i32 thread = threadIdx.x, warp = thread / 32, lane = thread % 32;
    const i32 warpM = warp / WARPS_N % WARPS_M * TILE_M, warpN = warp % WARPS_N * TILE_N;
    const i32 warpK = warp / (WARPS_M * WARPS_N);
    const i32 rank = s.splits > 1 ? i32(clusterRank()) : 0;
    const i32 m0 = blockIdx.y * BM, n0 = (s.splits > 1 ? blockIdx.x / s.splits : blockIdx.x) * BN;
    const i32 begin = rank * s.slice, end = min(s.k, begin + s.slice);
    const i32 steps = max(0, (end - begin + DEPTH - 1) / DEPTH);
    const i32 row = thread / CHUNKS, chunk = thread % CHUNKS;
    T* stages = (T*)memory;
    const T* weights = (const T*)p.weights;

    auto copyWeights = [&](i32 step) {
        T* stage = stages + (step % STAGES) * (BM + BN) * DEPTH + BM * DEPTH;
        i32 k = begin + step * DEPTH + chunk * 8;
#pragma unroll
        for (int j = 0; j < BN * CHUNKS / THREADS; ++j) {
            i32 r = row + j * (THREADS / CHUNKS);
            bool there = k < end && n0 + r < s.n;
            copyChunk(stage + place(r, chunk), weights + (there ? i64(n0 + r) * s.k + k : 0), there);
        }
    };
    // Weights depend on no kernel before this one.
#pragma unroll
    for (int i = 0; i < STAGES - 1; ++i)
        if (i < steps) copyWeights(i);
    for (i32 i = thread; i < BN * (steps - STAGES + 1); i += THREADS) {
        i32 r = n0 + i % BN, k = begin + (STAGES - 1 + i / BN) * DEPTH;
        if (r < s.n && k < end) prefetch(weights + i64(r) * s.k + k);
    }
    awaitPrevious();

    Activations<BM * CHUNKS / THREADS> activations;
    activations.start(s, (const T*)p.input, m0 + row);
    auto copyActivations = [&](i32 step) {
        activations.copy(s, stages + (step % STAGES) * (BM + BN) * DEPTH, begin + step * DEPTH + chunk * 8, end, row, chunk);
    };
#pragma unroll
    for (int i = 0; i < STAGES - 1; ++i) {
        if (i < steps) copyActivations(i);
        commitCopies();
    }
    float sum[TILE_M / 16][TILE_N / 8][4] = {};
    for (i32 step = 0; step < steps; ++step) {
        waitCopies<STAGES - 2>();
        __syncthreads();
        if (step + STAGES - 1 < steps) {
            copyActivations(step + STAGES - 1);
            copyWeights(step + STAGES - 1);
        }
        commitCopies();
        const T* a = stages + (step % STAGES) * (BM + BN) * DEPTH;
        const T* b = a + BM * DEPTH;
        const int MINE = DEPTH / 16 / WARPS_K;
        u32 left[MINE][TILE_M / 16][4], right[MINE][TILE_N / 16][4];
        auto load = [&](int k) {
            const i32 at = (k * WARPS_K + warpK) * 2;
#pragma unroll
            for (int i = 0; i < TILE_M / 16; ++i)
                loadMatrices(left[k][i], a + place(warpM + i * 16 + lane % 16, at + lane / 16));
#pragma unroll
            for (int j = 0; j < TILE_N / 16; ++j)
                loadMatrices(right[k][j], b + place(warpN + j * 16 + lane / 16 * 8 + lane % 8, at + lane / 8 % 2));
        };
#pragma unroll
        for (int k = 0; k < AHEAD && k < MINE; ++k) load(k);
#pragma unroll
        for (int k = 0; k < MINE; ++k) {
            if (k + AHEAD < MINE) load(k + AHEAD);
#pragma unroll
            for (int i = 0; i < TILE_M / 16; ++i)
#pragma unroll
                for (int j = 0; j < TILE_N / 8; ++j)
                    Mma<T>::multiply(sum[i][j], left[k][i], right[k][j / 2][j % 2 * 2], right[k][j / 2][j % 2 * 2 + 1]);
        }
    }
    waitCopies<0>();
    __syncthreads();

    float* sums = (float*)memory;
#pragma unroll
    for (int i = 0; i < TILE_M / 16; ++i)
#pragma unroll
        for (int j = 0; j < TILE_N / 8; ++j)
#pragma unroll
            for (int h = 0; h < 2; ++h) {
                float* to = sums + warpK * BM * ROW + (warpM + i * 16 + h * 8 + lane / 4) * ROW + warpN + j * 8 + lane % 4 * 2;
                to[0] = sum[i][j][2 * h], to[1] = sum[i][j][2 * h + 1];
            }
    __syncthreads();
    if (s.splits > 1) {
        // Others read one sum.
        if (WARPS_K > 1)
            for (i32 i = thread; i < BM * BN / 4; i += THREADS) {
                float* to = sums + i / (BN / 4) * ROW + i % (BN / 4) * 4;
#pragma unroll
                for (int w = 1; w < WARPS_K; ++w)
#pragma unroll
                    for (int e = 0; e < 4; ++e) to[e] += to[w * BM * ROW + e];
            }
        syncCluster();
    }
    const i32 part = BM * BN / V / s.splits;
    for (i32 i = rank * part + thread; i < (rank + 1) * part; i += THREADS) {
        i32 r = i / (BN / V), c = i % (BN / V) * V, m = m0 + r, n = n0 + c;
        if (m >= s.m || n >= s.n) continue;
        float total[V] = {};
        const float* from = sums + r * ROW + c;
        if (s.splits == 1) {
#pragma unroll
            for (int w = 0; w < WARPS_K; ++w)
#pragma unroll
                for (int v = 0; v < V; ++v) total[v] += from[w * BM * ROW + v];
        } else if (s.splits == 2) {
            addRemote<2>(total, from, 0);
        } else {
            for (i32 first = 0; first < s.splits; first += 4) addRemote<4>(total, from, first);
        }
        i64 image = quotient(m, s.pixels);  // 0 of a matrix product
        finish(p, total, i64(m) * s.n + n, image * s.n + n, n);
    }
    if (s.splits > 1) leaveCluster();  // no block leaves while another reads its sums
}
