// SPDX-License-Identifier: Apache-2.0
// Products whose two warpgroups have a tile each: while one multiplies, the other finishes its results.
#pragma once
#define GROUPS 1
#define FETCHERS 4
#include "gemm_bulk.cuh"
#if PATCHES
#include "gemm_patches.cuh"
#endif

#define PART 32              // columns that a warp turns from sums to rows at a time
#define EARLY 2              // parts by which the chain's operands come before they are needed
#define PART_ROW (PART + 4)  // vectors stay aligned, banks differ

struct Memory {
    Stage stages[STAGES];
    float parts[WORKERS / 32][16 * PART_ROW];
    u64 full[STAGES], empty[STAGES];
};

// Sums of one warp, 16 rows of them, become rows of results. A lane has every fourth vector of two rows;
// what the chain reads comes two parts ahead, as nothing else hides that it comes from the cache.
template <typename Operands, typename Parameters>
__device__ __forceinline__ void finishRows(const Parameters& p, const float (&sum)[BN / 2], float* part, i32 row, i32 column) {
    const Shape& s = p.shape;
    const i32 lane = threadIdx.x % 32, x = lane % 4 * V;
    i64 line[2], image[2];
#pragma unroll
    for (int h = 0; h < 2; ++h) {
        const i32 m = min(row + lane / 4 + h * 8, s.m - 1);
        line[h] = i64(m) * s.n, image[h] = i64(quotient(m, s.pixels)) * s.n;  // image 0 of a matrix product
    }
    Operands operands[BN / PART][2];
    auto fetch = [&](int c) {
        const i32 n = min(column + c * PART + x, s.n - V);
#pragma unroll
        for (int h = 0; h < 2; ++h) operands[c][h].fetch(p, line[h] + n, image[h] + n, n);
    };
#pragma unroll
    for (int c = 0; c < EARLY && c < BN / PART; ++c) fetch(c);
#pragma unroll
    for (int c = 0; c < BN / PART; ++c) {
        if (c + EARLY < BN / PART) fetch(c + EARLY);
        __syncwarp();
#pragma unroll
        for (int j = 0; j < PART / 8; ++j)
#pragma unroll
            for (int h = 0; h < 2; ++h) {
                const int e = (c * (PART / 8) + j) * 4 + h * 2;
                *(float2*)&part[(lane / 4 + h * 8) * PART_ROW + j * 8 + lane % 4 * 2] = make_float2(sum[e], sum[e + 1]);
            }
        __syncwarp();
        const i32 n = column + c * PART + x;
#pragma unroll
        for (int h = 0; h < 2; ++h) {
            float total[V];
#pragma unroll
            for (int v = 0; v < V; v += 4)
                *(float4*)(total + v) = *(const float4*)&part[(lane / 4 + h * 8) * PART_ROW + x + v];
            if (row + lane / 4 + h * 8 < s.m && n < s.n) finish(p, total, operands[c][h], line[h] + n);
        }
    }
}

template <typename Operands, typename Parameters>
__device__ __forceinline__ void multiplyTiles(const Parameters& p, Memory& memory) {
    const Shape& s = p.shape;
    const i32 steps = s.steps;
    const u32 team = threadIdx.x / 128, warp = threadIdx.x / 32;
    awaitPrevious();
    Ring ring;
    ring.at = team * steps;
    // A phase is told from its neighbours alone: a team waits for no stage before the other team has
    // had all of its own.
    const u32 mine = 1 + team, others = 2 - team;
    if (team == 1) letGo<WORKERS>(others);
    for (u32 t = blockIdx.x + team * gridDim.x; t < u32(s.tiles); t += 2 * gridDim.x) {
        meet<WORKERS>(mine);
        float sum[ROWS / 64][BN / 2];
        multiplySteps(sum, memory, ring, steps, 0);
        letGo<WORKERS>(others);
        awaitProducts<0>();
        release(memory, (ring.at - 1) % STAGES);
        ring.at += steps;
        const Tile tile(s, t);
#pragma unroll
        for (int r = 0; r < ROWS / 64; ++r)
            finishRows<Operands>(p, sum[r], memory.parts[warp], tile.row + r * 64 + i32(warp % 4) * 16, tile.column);
    }
}

template <typename Operands, typename Parameters>
__device__ __forceinline__ void gemm(const Parameters& p) {
    extern __shared__ u8 bytes[];
    Memory& memory = alignedMemory<Memory>(bytes);
    startBarriers(memory);
    if (threadIdx.x >= WORKERS) {
        giveRegisters<40>();
#if PATCHES
        fetchPatches<FETCHERS>(p, memory, i32(threadIdx.x - WORKERS) / 32);
#else
        if (threadIdx.x == WORKERS) fetchTiles(p, memory);
#endif
    } else {
        takeRegisters<232>();
        multiplyTiles<Operands>(p, memory);
    }
}
