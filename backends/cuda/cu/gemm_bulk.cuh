// SPDX-License-Identifier: Apache-2.0
// Products of 16-bit rows with packed weights on compute capability 9.0: the copy engine fills a ring of
// stages, two warpgroups multiply. Who finishes the results says gemm_teams.cuh or gemm_relay.cuh.
// The including text defines T, TY, V = 8, ROWS (of a warpgroup), BN, STAGES, CLUSTER (blocks that share
// weights), WINDOWS (1: a row is a window over pixels, which the copy engine walks), PATCHES (1: a row is a patch of
// images, which warps copy), multiply(), Parameters and finish(); those two define GROUPS, FETCHERS (warps that copy
// patches) and Memory.
#pragma once
#include "bulk.cuh"
#include "math.cuh"

#define DEPTH 64           // of a stage, in elements: 128 bytes
#define CHUNKS (DEPTH / 8) // of 16 bytes
#define BM (ROWS * GROUPS)
#define WORKERS 256        // threads that multiply

// As Shape of kernels/gemm_bulk.cpp.
struct Shape {
    FastDiv pixels, columns;  // by results of an image, by tiles that lie side by side
    i32 m, n, steps, tiles;   // steps of the depth
    // Of windows over images:
    FastDiv width;            // by results of a row
    i32 channels, kernelX, strideY, strideX, top, left, dilationY, dilationX;
    // Of patches:
    i32 height, imageWidth;
    const void* images;
};

struct Ring {
    u32 at = 0;  // uses so far
    __device__ __forceinline__ u32 stage() const { return at % STAGES; }
    __device__ __forceinline__ u32 turn() const { return at / STAGES & 1; }
};

struct __align__(1024) Stage {
    T rows[BM][DEPTH], weights[BN][DEPTH];
};

// A cluster works on tiles that lie one below the other.
__device__ __forceinline__ u32 rankOfBlock() { return CLUSTER > 1 ? clusterRank() : 0; }
__device__ __forceinline__ u32 firstTile() { return blockIdx.x / CLUSTER; }
__device__ __forceinline__ u32 tileStep() { return gridDim.x / CLUSTER; }

struct Tile {
    i32 row, column;  // of its first result
    __device__ __forceinline__ Tile(const Shape& s, u32 index) {
        u32 line = quotient(index, s.columns);
        row = i32((line * CLUSTER + rankOfBlock()) * BM), column = i32((index - line * s.columns.divisor) * BN);
    }
};

// Where a tile's rows come from, step by step of the depth.
#if WINDOWS
struct Source {
    i32 column = 0;  // of the weights
    i32 channel = 0, x = 0, y = 0, left, top, image;
    __device__ __forceinline__ Source(const Shape& s, const Tile& tile) {
        image = i32(quotient(tile.row, s.pixels));
        const i32 pixel = tile.row - image * i32(s.pixels.divisor), line = i32(quotient(pixel, s.width));
        top = line * s.strideY - s.top, left = (pixel - line * i32(s.width.divisor)) * s.strideX - s.left;
    }
    __device__ __forceinline__ void next(const Shape& s) {
        channel += DEPTH, column += DEPTH;
        if (channel < s.channels) return;
        column += s.channels - channel, channel = 0;  // the window's next pixel
        if (++x == s.kernelX) x = 0, ++y;
    }
    __device__ __forceinline__ void bringRows(const Shape& s, void* to, const TensorMap& map, u64* b) const {
        bringPixels(to, map, b, channel, left, top, image, u16(x * s.dilationX), u16(y * s.dilationY));
    }
};
#else
struct Source {
    i32 column = 0, row;
    __device__ __forceinline__ Source(const Shape&, const Tile& tile) : row(tile.row) {}
    __device__ __forceinline__ void next(const Shape&) { column += DEPTH; }
    __device__ __forceinline__ void bringRows(const Shape&, void* to, const TensorMap& map, u64* b) const {
        bring(to, map, b, column, row);
    }
};
#endif

template <typename Memory> __device__ __forceinline__ void startBarriers(Memory& memory) {
    if (threadIdx.x == 0) {
        for (int i = 0; i < STAGES; ++i) {
            startBarrier(&memory.full[i], PATCHES ? 1 + FETCHERS : 1);
            startBarrier(&memory.empty[i], GROUPS * CLUSTER);
        }
        barriersStarted();
    }
    if (CLUSTER > 1)
        syncCluster();
    else
        __syncthreads();
}

// Those of a stage, of whose bytes the copy engine brings all, or the weights'. Each block of a cluster brings a share
// of the weights to all of them.
template <typename Parameters, typename Memory>
__device__ __forceinline__ void bringWeights(const Parameters& p, Memory& memory, u32 stage, const Tile& tile, i32 column) {
    const i32 share = BN / CLUSTER, first = i32(rankOfBlock()) * share;
    expectBytes(&memory.full[stage], PATCHES ? sizeof(Stage::weights) : sizeof(Stage));
    T* to = memory.stages[stage].weights[first];
    if (CLUSTER > 1)
        bringToAll(to, p.weights, &memory.full[stage], column, tile.column + first, (1 << CLUSTER) - 1);
    else
        bring(to, p.weights, &memory.full[stage], column, tile.column);
}

// Weights depend on no kernel before this one. Of how many steps they are under way then.
template <typename Parameters, typename Memory>
__device__ __forceinline__ i32 bringEarlyWeights(const Parameters& p, Memory& memory) {
    const Shape& s = p.shape;
    const Tile start(s, firstTile());
    const i32 early = min(s.steps, STAGES);
    Source ahead(s, start);
    for (i32 k = 0; k < early; ++k, ahead.next(s)) bringWeights(p, memory, k, start, ahead.column);
    return early;
}

template <typename Parameters, typename Memory>
__device__ __forceinline__ void fetchTiles(const Parameters& p, Memory& memory) {
    const Shape& s = p.shape;
    const i32 early = bringEarlyWeights(p, memory);
    awaitPrevious();
    Ring ring;
    for (u32 t = firstTile(); t < u32(s.tiles); t += tileStep()) {
        const Tile tile(s, t);
        Source at(s, tile);
        for (i32 k = 0; k < s.steps; ++k, ++ring.at, at.next(s)) {
            const u32 stage = ring.stage();
            if (t != firstTile() || k >= early) {
                if (ring.at >= STAGES) awaitPhase(&memory.empty[stage], ring.turn() ^ 1);
                bringWeights(p, memory, stage, tile, at.column);
            }
            at.bringRows(s, memory.stages[stage].rows, p.input, &memory.full[stage]);
        }
    }
}

// The stage may be filled again, in every block of the cluster.
template <typename Memory> __device__ __forceinline__ void release(Memory& memory, u32 stage) {
    if (CLUSTER == 1) {
        if (threadIdx.x % 128 == 0) arrive(&memory.empty[stage]);
    } else if (threadIdx.x % 128 < CLUSTER) {
        arriveAt(&memory.empty[stage], threadIdx.x % 128);
    }
}

// Products of one tile; the last ones may still be under way, their stage is not released.
template <typename Memory>
__device__ __forceinline__ void multiplySteps(float (&sum)[ROWS / 64][BN / 2], Memory& memory, Ring& ring, i32 steps, i32 firstRow) {
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
            release(memory, (ring.at - 1) % STAGES);
        }
    }
}

// Swizzling counts from addresses that are multiples of 1024.
template <typename Memory> __device__ __forceinline__ Memory& alignedMemory(u8* bytes) {
    return *(Memory*)(bytes + (1024 - sharedAddress(bytes) % 1024) % 1024);
}
