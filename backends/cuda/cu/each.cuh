// SPDX-License-Identifier: Apache-2.0
#pragma once
#include "math.cuh"

// As Each of support/each.h.
struct Each {
    const void* in[8];
    void* out[4];
    i64 n[48];
    float f[8];
    u32 count;
};

// Every function is one loop over the work items.
#define EACH_ITEM(p, item) \
    for (u32 item = blockIdx.x * blockDim.x + threadIdx.x; item < (p).count; item += gridDim.x * blockDim.x)

// An index that may count from the end, or -1 for one outside.
__device__ __forceinline__ i64 inside(i64 i, i64 extent) {
    i64 k = i < 0 ? i + extent : i;
    return k >= 0 && k < extent ? k : -1;
}
