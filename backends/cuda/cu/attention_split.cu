// SPDX-License-Identifier: Apache-2.0
// Attention of few queries and heads: a block has 16 queries of one head, each of its warps a part
// of the keys; what they found is joined in the end.
// -DT=f16 -DDEPTH=64 -DFEATURES=64 -DWARPS=4 -DKEYS=32 -DMASKED=1 -DCAUSAL=0
#include "attention_core.cuh"

#define ROW (FEATURES + 4)  // floats of a query's sums: rows begin in different banks

// What one warp needs, first for its keys and values, then for its sums.
struct __align__(16) Part {
    union {
        struct {
            KeyRow keys[KEYS];
            ValueRow values[KEYS];
        };
        struct {
            float sums[16 * ROW], top[16], total[16];
        };
    };
};

extern "C" __global__ void __launch_bounds__(WARPS * 32) attention_split(const __grid_constant__ Parameters p) {
    awaitPrevious();
    extern __shared__ __align__(16) u8 memory[];
    Part* parts = (Part*)memory;
    const i32 warp = threadIdx.x / 32, lane = threadIdx.x % 32, group = lane / 4, member = lane % 4;
    Part& part = parts[warp];
    Queries<1> queries;
    const i32 image = blockIdx.y / p.heads, head = blockIdx.y % p.heads;
    const T* k = p.k + image * p.ks[0] + head * p.ks[1];
    const T* v = p.v + image * p.vs[0] + head * p.vs[1];
    bool begun = false;
    for (i32 first = warp * KEYS; first < p.keys || !begun; first += WARPS * KEYS) {
        __syncwarp();
        fetch<DEPTH>(part.keys, k, p.ks[2], first, p.keys, lane, 32);
        fetch<FEATURES>(part.values, v, p.vs[2], first, p.keys, lane, 32);
        commitCopies();
        if (!begun) queries.start(p, blockIdx.x * 16);
        begun = true;
        waitCopies<0>();
        __syncwarp();
        queries.add(p, part.keys, part.values, first);
    }
    queries.joinSums();
    __syncwarp();
#pragma unroll
    for (int h = 0; h < 2; ++h) {
        i32 row = group + 8 * h;
#pragma unroll
        for (int e = 0; e < FEATURES / 8; ++e) {
            part.sums[row * ROW + e * 8 + member * 2] = queries.out[0][e][2 * h];
            part.sums[row * ROW + e * 8 + member * 2 + 1] = queries.out[0][e][2 * h + 1];
        }
        if (member == 0) part.top[row] = queries.top[0][h], part.total[row] = queries.total[0][h];
    }
    __syncthreads();
    for (i32 i = threadIdx.x; i < 16 * FEATURES / 2; i += WARPS * 32) {
        i32 r = i / (FEATURES / 2), column = i % (FEATURES / 2) * 2, row = blockIdx.x * 16 + r;
        if (row >= p.queries) break;
        float best = -infinity(), total = 0, a = 0, b = 0;
#pragma unroll
        for (int w = 0; w < WARPS; ++w) best = fmaxf(best, parts[w].top[r]);
        if (best == -infinity()) best = 0;
#pragma unroll
        for (int w = 0; w < WARPS; ++w) {
            float weight = exp2Fast(parts[w].top[r] - best);
            total += weight * parts[w].total[r];
            a += weight * parts[w].sums[r * ROW + column];
            b += weight * parts[w].sums[r * ROW + column + 1];
        }
        *(u32*)(p.y + image * p.ys[0] + head * p.ys[1] + row * p.ys[2] + column) =
            ZERO_HIDDEN && total == 0.f ? 0u : Mma<T>::pair(a / total, b / total);
    }
}
