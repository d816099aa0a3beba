// SPDX-License-Identifier: Apache-2.0
// Attention: a warp has 16 queries of one head, a block's warps share the keys and values.
// -DT=f16 -DDEPTH=64 -DFEATURES=64 -DWARPS=4 -DKEYS=64 -DMASKED=1 -DCAUSAL=0
#include "attention_core.cuh"

extern "C" __global__ void __launch_bounds__(WARPS * 32) attention(const __grid_constant__ Parameters p) {
    awaitPrevious();
    __shared__ __align__(16) KeyRow keys[KEYS];
    __shared__ __align__(16) ValueRow values[KEYS];
    const i32 warp = threadIdx.x / 32, lane = threadIdx.x % 32, member = lane % 4;
    Queries queries;
    queries.start(p, (blockIdx.x * WARPS + warp) * 16);
    const T* k = p.k + queries.image * p.ks[0] + queries.head * p.ks[1];
    const T* v = p.v + queries.image * p.vs[0] + queries.head * p.vs[1];
    T* y = p.y + queries.image * p.ys[0] + queries.head * p.ys[1];
    for (i32 first = 0; first < p.keys; first += KEYS) {
        __syncthreads();
        fetch<DEPTH>(keys, k, p.ks[2], first, p.keys, threadIdx.x, WARPS * 32);
        fetch<FEATURES>(values, v, p.vs[2], first, p.keys, threadIdx.x, WARPS * 32);
        commitCopies();
        waitCopies<0>();
        __syncthreads();
        queries.add(p, keys, values, first);
    }
    queries.joinSums();
#pragma unroll
    for (int h = 0; h < 2; ++h) {
        if (queries.rows[h] >= p.queries) continue;
        float scale = 1.f / queries.total[h];
#pragma unroll
        for (int e = 0; e < FEATURES / 8; ++e)
            *(u32*)(y + queries.rows[h] * p.ys[2] + e * 8 + member * 2) =
                Mma<T>::pair(queries.out[e][2 * h] * scale, queries.out[e][2 * h + 1] * scale);
    }
}
