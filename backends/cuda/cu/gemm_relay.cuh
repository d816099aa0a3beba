// SPDX-License-Identifier: Apache-2.0
// Products whose two warpgroups share a tile and hand its results on, rounded to T, to three warps,
// which finish them while the next tile is multiplied.
#pragma once
#define GROUPS 2
#define FETCHERS 1
#include "gemm_bulk.cuh"
#if PATCHES
#include "gemm_patches.cuh"
#endif

#define FINISHERS 3       // warps
#define PANELS (BN / 64)  // of results: 64 columns, 128 bytes a row
#define LINE 4            // rows that a warp finishes at a time

struct __align__(1024) Results {
    T rows[PANELS][BM][64];
};
struct Memory {
    Stage stages[STAGES];
    Results results;
    u64 full[STAGES], empty[STAGES];
};

// Chunks of 8 results lie so that neither eight rows nor eight chunks meet in a bank.
__device__ __forceinline__ T* chunkAt(Results& results, int panel, i32 row, i32 chunk) {
    return &results.rows[panel][row][(chunk ^ (row & 7)) * 8];
}

// Barriers of a warpgroup's rows, where it meets the finishers.
const int BOTH = 128 + FINISHERS * 32;
__device__ __forceinline__ u32 handedOver(u32 group) { return 1 + group; }
__device__ __forceinline__ u32 takenOver(u32 group) { return 3 + group; }

// 16 rows of a warp.
__device__ __forceinline__ void handOver(Results& results, const float (&sum)[BN / 2], i32 firstRow) {
    const i32 lane = threadIdx.x % 32, row = firstRow + lane % 16;
#pragma unroll
    for (int j = 0; j < BN / 8; j += 2)
        storeMatrices(chunkAt(results, j / 8, row, j % 8 + lane / 16), Mma<T>::pair(sum[4 * j], sum[4 * j + 1]),
                      Mma<T>::pair(sum[4 * j + 2], sum[4 * j + 3]), Mma<T>::pair(sum[4 * j + 4], sum[4 * j + 5]),
                      Mma<T>::pair(sum[4 * j + 6], sum[4 * j + 7]));
}

__device__ __forceinline__ void multiplyTiles(const Shape& s, Memory& memory) {
    const i32 steps = s.steps;
    const u32 group = threadIdx.x / 128;
    const i32 firstRow = i32(group) * ROWS, warp = threadIdx.x / 32 % 4;
    Ring ring;
    for (u32 t = firstTile(); t < u32(s.tiles); t += tileStep()) {
        float sum[ROWS / 64][BN / 2];
        multiplySteps(sum, memory, ring, steps, firstRow);
        awaitProducts<0>();
        release(memory, (ring.at - 1) % STAGES);
        meet<BOTH>(takenOver(group));
#pragma unroll
        for (int r = 0; r < ROWS / 64; ++r) handOver(memory.results, sum[r], firstRow + r * 64 + warp * 16);
        letGo<BOTH>(handedOver(group));
    }
}

// A lane has 8 columns of each panel; what the chain reads of a line of rows comes a line ahead.
template <typename Operands, typename Parameters>
__device__ __forceinline__ void finishTiles(const Parameters& p, Memory& memory) {
    const Shape& s = p.shape;
    const i32 warp = threadIdx.x / 32 - WORKERS / 32, rowOfLine = threadIdx.x % 32 / 8, chunk = threadIdx.x % 8;
    const i32 lines = BM / LINE;
    awaitPrevious();
#pragma unroll
    for (int g = 0; g < GROUPS; ++g) letGo<BOTH>(takenOver(g));
    for (u32 t = firstTile(); t < u32(s.tiles); t += tileStep()) {
        const Tile tile(s, t);
        i32 column[PANELS];
        Operands ahead[PANELS];
        auto fetchRow = [&](i32 line) {
            const i32 m = min(tile.row + line * LINE + rowOfLine, s.m - 1);
            const i64 at = i64(m) * s.n, image = i64(quotient(m, s.pixels)) * s.n;  // image 0 of a matrix product
#pragma unroll
            for (int c = 0; c < PANELS; ++c) ahead[c].fetchRow(p, at + column[c], image + column[c]);
        };
#pragma unroll
        for (int c = 0; c < PANELS; ++c) {
            column[c] = min(tile.column + c * 64 + chunk * V, s.n - V);
            ahead[c].fetchColumn(p, column[c]);
        }
        i32 line = warp;
        fetchRow(line);
#pragma unroll 1
        for (int g = 0; g < GROUPS; ++g) {
            meet<BOTH>(handedOver(g));
#pragma unroll 1
            for (; line < (g + 1) * (ROWS / LINE); line += FINISHERS) {
                Operands now[PANELS];
#pragma unroll
                for (int c = 0; c < PANELS; ++c) now[c] = ahead[c];
                if (line + FINISHERS < lines) fetchRow(line + FINISHERS);
                const i32 row = line * LINE + rowOfLine, m = tile.row + row;
                // Shared memory answers late while products read it: nothing waits for one panel alone.
                Vec<T, V> sums[PANELS];
                Vec<TY, V> y[PANELS];
#pragma unroll
                for (int c = 0; c < PANELS; ++c) sums[c] = *(const Vec<T, V>*)chunkAt(memory.results, c, row, chunk);
#pragma unroll
                for (int c = 0; c < PANELS; ++c) {
                    float total[V];
#pragma unroll
                    for (int v = 0; v < V; ++v) total[v] = get(sums[c].v[v]);
                    y[c] = finished(total, now[c]);
                }
#pragma unroll
                for (int c = 0; c < PANELS; ++c)
                    if (m < s.m && tile.column + c * 64 + chunk * V < s.n)
                        *(Vec<TY, V>*)((TY*)p.output + i64(m) * s.n + column[c]) = y[c];
            }
            letGo<BOTH>(takenOver(g));
        }
    }
}

template <typename Operands, typename Parameters>
__device__ __forceinline__ void gemm(const Parameters& p) {
    extern __shared__ u8 bytes[];
    Memory& memory = alignedMemory<Memory>(bytes);
    startBarriers(memory);
    if (threadIdx.x < WORKERS) {
        takeRegisters<200>();
        multiplyTiles(p.shape, memory);
    } else {
        giveRegisters<104>();
        if (threadIdx.x < WORKERS + FINISHERS * 32)
            finishTiles<Operands>(p, memory);
        else
#if PATCHES
            fetchPatches<FETCHERS>(p, memory, 0);
#else
            if (threadIdx.x == WORKERS + FINISHERS * 32)
            fetchTiles(p, memory);
#endif
    }
    if (CLUSTER > 1) leaveCluster();  // no block leaves while another writes its memory
}
