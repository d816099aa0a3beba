// SPDX-License-Identifier: Apache-2.0
// Places of the elements that are not zero, in order: a block counts its stretch, the host adds up,
// and the block writes its own. -DTX=f16 -DTI=i64 (places)
#include "math.cuh"

struct Parameters {
    const TX* x;
    u32* counts;  // of every block; then where its places begin
    TI* y;        // [rank, total]
    u32 count, stretch, total;
    i32 rank;
    u32 extent[8];
};

__device__ __forceinline__ bool chosen(const Parameters& p, u32 i, u32 end) {
    if (i >= end) return false;
    auto v = get(p.x[i]);
    return v != 0;
}

// How many threads before this one say yes, and how many of the block.
__device__ __forceinline__ u32 before(bool yes, u32* parts, u32& all) {
    const u32 lane = threadIdx.x % 32, warp = threadIdx.x / 32, mask = __ballot_sync(~0u, yes);
    if (lane == 0) parts[warp] = __popc(mask);
    __syncthreads();
    u32 sum = 0;
    all = 0;
    for (u32 w = 0; w < blockDim.x / 32; ++w) {
        if (w < warp) sum += parts[w];
        all += parts[w];
    }
    __syncthreads();
    return sum + __popc(mask & ((1u << lane) - 1));
}

extern "C" __global__ void __launch_bounds__(256) count_chosen(const __grid_constant__ Parameters p) {
    awaitPrevious();
    __shared__ u32 parts[8];
    const u32 begin = blockIdx.x * p.stretch, end = begin + p.stretch < p.count ? begin + p.stretch : p.count;
    u32 sum = 0;
    for (u32 i = begin; i < end; i += 256) {
        u32 all;
        before(chosen(p, i + threadIdx.x, end), parts, all);
        sum += all;
    }
    if (threadIdx.x == 0) p.counts[blockIdx.x] = sum;
}

extern "C" __global__ void __launch_bounds__(256) write_chosen(const __grid_constant__ Parameters p) {
    awaitPrevious();
    __shared__ u32 parts[8];
    const u32 begin = blockIdx.x * p.stretch, end = begin + p.stretch < p.count ? begin + p.stretch : p.count;
    u32 to = p.counts[blockIdx.x];
    for (u32 first = begin; first < end; first += 256) {
        u32 all, i = first + threadIdx.x;
        const bool yes = chosen(p, i, end);
        const u32 at = to + before(yes, parts, all);
        for (i32 d = p.rank - 1; yes && d >= 0; --d) {
            p.y[i64(d) * p.total + at] = TI(i % p.extent[d]);
            i /= p.extent[d];
        }
        to += all;
    }
}
