// SPDX-License-Identifier: Apache-2.0
// Distinct slices of a tensor along an axis, a thread for each: every slice looks for its first
// equal, then the first ones for their rank. -DTX=f16
#include "math.cuh"

struct Parameters {
    const TX* x;
    u32 *first, *rank, *count, *total;  // of every slice; how many are the first of theirs
    TX* y;
    i64 *places, *inverse, *counts;  // null where nobody reads them
    i64 outer, inner;
    u32 slices, found;
    i32 sorted;
};

// Less than, equal to or greater than 0, as the first elements that differ are.
__device__ __forceinline__ i32 compare(const Parameters& p, u32 a, u32 b) {
    for (i64 o = 0; o < p.outer; ++o)
        for (i64 k = 0; k < p.inner; ++k) {
            const auto u = get(p.x[(o * p.slices + a) * p.inner + k]), v = get(p.x[(o * p.slices + b) * p.inner + k]);
            if (u < v) return -1;
            if (v < u) return 1;
        }
    return 0;
}

#define EACH_SLICE(i) for (u32 i = blockIdx.x * blockDim.x + threadIdx.x; i < p.slices; i += gridDim.x * blockDim.x)

extern "C" __global__ void find_first(const __grid_constant__ Parameters p) {
    awaitPrevious();
    EACH_SLICE(i) {
        u32 j = 0;
        while (j < i && compare(p, j, i) != 0) ++j;
        p.first[i] = j;
        if (j == i) atomicAdd(p.total, 1);
    }
}

extern "C" __global__ void rank_first(const __grid_constant__ Parameters p) {
    awaitPrevious();
    EACH_SLICE(i) {
        if (p.first[i] != i) continue;
        u32 rank = 0, count = 0;
        for (u32 j = 0; j < p.slices; ++j) {
            count += p.first[j] == i;
            if (p.first[j] == j && j != i) rank += p.sorted ? compare(p, j, i) < 0 : j < i;
        }
        p.rank[i] = rank, p.count[i] = count;
    }
}

extern "C" __global__ void write_unique(const __grid_constant__ Parameters p) {
    awaitPrevious();
    EACH_SLICE(i) {
        const u32 first = p.first[i], to = p.rank[first];
        if (p.inverse) p.inverse[i] = to;
        if (first != i) continue;
        if (p.places) p.places[to] = i;
        if (p.counts) p.counts[to] = p.count[i];
        for (i64 o = 0; p.y && o < p.outer; ++o)
            for (i64 k = 0; k < p.inner; ++k)
                p.y[(o * p.found + to) * p.inner + k] = p.x[(o * p.slices + i) * p.inner + k];
    }
}
