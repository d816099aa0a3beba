// SPDX-License-Identifier: Apache-2.0
// Products of 16-bit rows with packed weights on compute capability 9.0. The copy engine fills a ring of
// stages; teams of warpgroups multiply and finish one tile after the other, so that with two teams the
// chain behind the product runs beside the other team's products.
// The including text defines T, TY, V = 8, ROWS (of a warpgroup), BN, TEAMS, STAGES, multiply(), Parameters
// and finish().
#pragma once
#include "bulk.cuh"
#include "math.cuh"

#define DEPTH 64                   // of a stage, in elements: 128 bytes
#define GROUPS (TEAMS == 1 ? 2 : 1)  // warpgroups of a team
#define BM (ROWS * GROUPS)
#define WORKERS 256                // threads that multiply
#define PART 32                    // columns that a warp turns from sums to rows at a time
#define EARLY 2                    // parts by which the chain's operands come before they are needed
#define PART_ROW (PART + 4)        // vectors stay aligned, banks differ

// As Shape of kernels/gemm_bulk.cpp.
struct Shape {
    FastDiv pixels, columns;  // by results of an image, by tiles that lie side by side
    i32 m, n, k, tiles;
};

struct Ring {
    u32 at = 0;  // uses so far
    __device__ __forceinline__ u32 stage() const { return at % STAGES; }
    __device__ __forceinline__ u32 turn() const { return at / STAGES & 1; }
};

struct __align__(1024) Stage {
    T rows[BM][DEPTH], weights[BN][DEPTH];
};
struct Memory {
    Stage stages[STAGES];
    float parts[WORKERS / 32][16 * PART_ROW];
    u64 full[STAGES], empty[STAGES];
};

struct Tile {
    i32 row, column;  // of its first result
    __device__ __forceinline__ Tile(const Shape& s, u32 index) {
        u32 line = quotient(index, s.columns);
        row = i32(line * BM), column = i32((index - line * s.columns.divisor) * BN);
    }
};

template <typename Parameters>
__device__ __forceinline__ void fetchTiles(const Parameters& p, Memory& memory) {
    const Shape& s = p.shape;
    const i32 steps = (s.k + DEPTH - 1) / DEPTH;
    auto weights = [&](u32 stage, const Tile& tile, i32 k) {
        expectBytes(&memory.full[stage], sizeof(Stage));
        bring(memory.stages[stage].weights, p.weights, &memory.full[stage], k * DEPTH, tile.column);
    };
    auto rows = [&](u32 stage, const Tile& tile, i32 k) {
        bring(memory.stages[stage].rows, p.input, &memory.full[stage], k * DEPTH, tile.row);
    };
    // Weights depend on no kernel before this one.
    const Tile start(s, blockIdx.x);
    const i32 early = min(steps, STAGES);
    for (i32 k = 0; k < early; ++k) weights(k, start, k);
    awaitPrevious();
    Ring ring;
    for (u32 t = blockIdx.x; t < u32(s.tiles); t += gridDim.x) {
        const Tile tile(s, t);
        for (i32 k = 0; k < steps; ++k, ++ring.at) {
            const u32 stage = ring.stage();
            if (t != blockIdx.x || k >= early) {
                if (ring.at >= STAGES) awaitPhase(&memory.empty[stage], ring.turn() ^ 1);
                weights(stage, tile, k);
            }
            rows(stage, tile, k);
        }
    }
}

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
    const i32 steps = (s.k + DEPTH - 1) / DEPTH;
    const u32 group = threadIdx.x / 128, warp = threadIdx.x / 32;
    const u32 team = TEAMS == 1 ? 0 : group;
    const i32 firstRow = TEAMS == 1 ? i32(group) * ROWS : 0;
    awaitPrevious();
    Ring ring;
    ring.at = team * steps;
    auto release = [&](u32 stage) {
        if (threadIdx.x % 128 == 0) arrive(&memory.empty[stage]);
    };
    // A phase is told from its neighbours alone: a team waits for no stage before the other team has
    // had all of its own.
    const u32 mine = 1 + team, others = 2 - team;
    if (TEAMS > 1 && team == 1) letGo(others);
    for (u32 t = blockIdx.x + team * gridDim.x; t < u32(s.tiles); t += TEAMS * gridDim.x) {
        if (TEAMS > 1) meet(mine);
        float sum[ROWS / 64][BN / 2];
        for (i32 k = 0; k < steps; ++k, ++ring.at) {
            const u32 stage = ring.stage();
            awaitPhase(&memory.full[stage], ring.turn());
            const u64 a = operandAt(memory.stages[stage].rows[firstRow]), b = operandAt(memory.stages[stage].weights[0]);
            beginProducts();
#pragma unroll
            for (int d = 0; d < DEPTH / 16; ++d)
#pragma unroll
                for (int r = 0; r < ROWS / 64; ++r)  // a step of 16 elements is 32 bytes
                    multiply(sum[r], a + r * (64 * DEPTH * 2 / 16) + d * 2, b + d * 2, k > 0 || d > 0);
            commitProducts();
            if (k > 0) {
                awaitProducts<1>();
                release((ring.at - 1) % STAGES);
            }
        }
        if (TEAMS > 1) letGo(others);
        awaitProducts<0>();
        release((ring.at - 1) % STAGES);
        ring.at += (TEAMS - 1) * steps;
        const Tile tile(s, t);
#pragma unroll
        for (int r = 0; r < ROWS / 64; ++r)
            finishRows<Operands>(p, sum[r], memory.parts[warp], tile.row + firstRow + r * 64 + i32(warp % 4) * 16, tile.column);
    }
}

template <typename Operands, typename Parameters>
__device__ __forceinline__ void gemm(const Parameters& p) {
    extern __shared__ u8 bytes[];
    // Swizzling counts from addresses that are multiples of 1024.
    Memory& memory = *(Memory*)(bytes + (1024 - sharedAddress(bytes) % 1024) % 1024);
    if (threadIdx.x == 0) {
        for (int i = 0; i < STAGES; ++i) {
            startBarrier(&memory.full[i], 1);
            startBarrier(&memory.empty[i], GROUPS);
        }
        barriersStarted();
    }
    __syncthreads();
    if (threadIdx.x >= WORKERS) {
        giveRegisters<40>();
        if (threadIdx.x == WORKERS) fetchTiles(p, memory);
    } else {
        takeRegisters<232>();
        multiplyTiles<Operands>(p, memory);
    }
}
