// SPDX-License-Identifier: Apache-2.0
// Attention: a warp has 16 * TILES queries of one head, a block's warps share the keys and values,
// which come while those before them are worked on.
// -DT=f16 -DDEPTH=64 -DFEATURES=64 -DWARPS=4 -DTILES=1 -DKEYS=64 -DMASKED=1 -DCAUSAL=0
#include "attention_core.cuh"

// 48 KiB hold two stretches of keys and values of heads up to 64 wide.
const int kStages = DEPTH + FEATURES <= 128 ? 2 : 1;

// Sixteen warps of one tile, or eight of two, keep a multiprocessor busy.
const int kBlocks = DEPTH + FEATURES > 128 ? 1 : (16 / TILES + WARPS - 1) / WARPS;

extern "C" __global__ void __launch_bounds__(WARPS * 32, kBlocks) attention(const __grid_constant__ Parameters p) {
    awaitPrevious();
    __shared__ __align__(16) KeyRow keys[kStages][KEYS];
    __shared__ __align__(16) ValueRow values[kStages][KEYS];
    const i32 warp = threadIdx.x / 32, lane = threadIdx.x % 32, member = lane % 4;
    Queries<TILES> queries;
    queries.start(p, (blockIdx.x * WARPS + warp) * 16 * TILES);
    const T* k = p.k + queries.image * p.ks[0] + queries.head * p.ks[1];
    const T* v = p.v + queries.image * p.vs[0] + queries.head * p.vs[1];
    T* y = p.y + queries.image * p.ys[0] + queries.head * p.ys[1];
    auto bring = [&](i32 stage, i32 first) {
        if (first < p.keys) {
            fetch<DEPTH>(keys[stage], k, p.ks[2], first, p.keys, threadIdx.x, WARPS * 32);
            fetch<FEATURES>(values[stage], v, p.vs[2], first, p.keys, threadIdx.x, WARPS * 32);
        }
        commitCopies();
    };
    if (kStages > 1) bring(0, 0);
    i32 stage = 0;
    for (i32 first = 0; first < p.keys; first += KEYS) {
        bring(kStages > 1 ? stage ^ 1 : 0, kStages > 1 ? first + KEYS : first);
        waitCopies<kStages - 1>();
        __syncthreads();
        queries.add(p, keys[stage], values[stage], first);
        __syncthreads();
        if (kStages > 1) stage ^= 1;
    }
    queries.joinSums();
#pragma unroll
    for (int t = 0; t < TILES; ++t)
#pragma unroll
        for (int h = 0; h < 2; ++h) {
            const i32 row = queries.rows[t][h];
            if (row >= p.queries) continue;
            float scale = ZERO_HIDDEN && queries.total[t][h] == 0.f ? 0.f : 1.f / queries.total[t][h];
#pragma unroll
            for (int e = 0; e < FEATURES / 8; ++e)
                *(u32*)(y + row * p.ys[2] + e * 8 + member * 2) =
                    Mma<T>::pair(queries.out[t][e][2 * h] * scale, queries.out[t][e][2 * h + 1] * scale);
        }
}
