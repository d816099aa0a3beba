// SPDX-License-Identifier: Apache-2.0
// A change of type from or to one of at most a byte, eight elements a thread. -DFROM=f32 -DTO=i4
// -DSATURATE=1
#include "each.cuh"
#include "small.cuh"

extern "C" __global__ void cast(const __grid_constant__ Each p) {
    awaitPrevious();
    EACH_ITEM(p, item) {
        const u32 first = item * 8, left = u32(p.n[0]) - first, n = left < 8 ? left : 8;
        typename Element<FROM>::Reg v[8] = {};
        for (u32 k = 0; k < n; ++k) v[k] = Element<FROM>::read(p.in[0], first + k);
        Element<TO>::write(p.out[0], first, n, v, SATURATE);
    }
}
