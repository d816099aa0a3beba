// SPDX-License-Identifier: Apache-2.0
// Results whose extents were read back. -DTX=f16 -DRANGE_TYPE=double (i64 for integers)
#include "each.cuh"

extern "C" __global__ void copy_data(const __grid_constant__ Each p) {
    awaitPrevious();
    EACH_ITEM(p, e) ((TX*)p.out[0])[e] = ((const TX*)p.in[0])[e];
}

// start + e * step; integers wrap.
extern "C" __global__ void range(const __grid_constant__ Each p) {
    awaitPrevious();
    typedef Register<TX>::type R;
    const R start = get(*(const TX*)p.in[0]), step = get(*(const TX*)p.in[2]);
    EACH_ITEM(p, e) ((TX*)p.out[0])[e] = put<TX>(RANGE_TYPE(start) + RANGE_TYPE(e) * RANGE_TYPE(step));
}
