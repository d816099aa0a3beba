// SPDX-License-Identifier: Apache-2.0
// Rows that are patches of images: `Warps` warps copy them to where the copy engine would lay them, which brings the
// weights alone. What is under way is told to the multiplying warps LAG steps later.
#pragma once
#include "gemm_bulk.cuh"
#include "patches.cuh"

#define LAG (STAGES / 2)

template <int Warps, typename Parameters, typename Memory>
__device__ __forceinline__ void fetchPatches(const Parameters& p, Memory& memory, i32 warp) {
    const Shape& s = p.shape;
    const T* images = (const T*)s.images;
    const i32 lane = threadIdx.x % 32, chunk = lane % CHUNKS, firstRow = warp * (BM / Warps);
    const bool leads = warp == 0 && lane == 0;
    const i32 early = leads ? bringEarlyWeights(p, memory) : STAGES;
    awaitPrevious();
    Ring ring, told;
    auto tell = [&] {
        sharedWritten();
        __syncwarp();
        if (lane == 0) arrive(&memory.full[told.stage()]);
        ++told.at;
    };
    const int HELD = (BM / Warps + 31) / 32, AT_ONCE = 32 / CHUNKS;  // patches a lane knows, rows that a warp copies
    for (u32 t = firstTile(); t < u32(s.tiles); t += tileStep()) {
        const Tile tile(s, t);
        u32 known[HELD];
#pragma unroll
        for (int h = 0; h < HELD; ++h) {
            const i32 m = tile.row + firstRow + h * 32 + lane;
            known[h] = m < s.m ? patchAt(m, s.pixels, s.width, s.height, s.imageWidth) : ~0u;
        }
        for (i32 k = 0; k < s.steps; ++k, ++ring.at) {
            const u32 stage = ring.stage();
            if (ring.at >= STAGES) awaitPhase(&memory.empty[stage], ring.turn() ^ 1);
            if (leads && ring.at >= u32(early)) bringWeights(p, memory, stage, tile, k * DEPTH);
            const PatchChunk from(k * DEPTH + chunk * 8, s.height, s.imageWidth);
#pragma unroll
            for (int j = 0; j < BM / Warps / AT_ONCE; ++j) {
                const i32 row = j * AT_ONCE + lane / CHUNKS;
                const u32 patch = __shfl_sync(0xffffffffu, known[j * AT_ONCE / 32], row % 32);
                from.copy(&memory.stages[stage].rows[firstRow + row][(chunk ^ (row & 7)) * 8], images, patch, patch != ~0u);
            }
            commitCopies();
            if (ring.at < LAG) continue;
            waitCopies<LAG>();
            tell();
        }
    }
    waitCopies<0>();
    while (told.at < ring.at) tell();
}
