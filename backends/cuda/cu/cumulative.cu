// SPDX-License-Identifier: Apache-2.0
// Running sums and products along one axis, a block per row; reals in double, so that long sums
// keep their digits. -DT=f16 -DA=double (i64 for integers) -DAXIS=i64 (type of the axis where it is
// data) -DPRODUCT=0 -DEXCLUSIVE=0 -DREVERSE=0
#include "math.cuh"

struct Parameters {
    const T* x;
    T* y;
    const AXIS* axis;  // null: `known`
    i32 dims[8];
    i32 rank, known;
};

__device__ __forceinline__ A combine(A a, A b) { return PRODUCT ? a * b : a + b; }

// One row of `extent` elements, `inner` apart.
__device__ __forceinline__ void cumulateRow(const T* x, T* y, u32 extent, u32 inner, A* parts) {
    const u32 lane = threadIdx.x % 32, warp = threadIdx.x / 32;
    const A none = A(PRODUCT ? 1 : 0);
    A before = none;
    for (u32 first = 0; first < extent; first += 256) {
        u32 i = first + threadIdx.x;
        i64 at = i64(REVERSE ? extent - 1 - i : i) * inner;
        A own = i < extent ? A(get(x[at])) : none, sum = own;
#pragma unroll
        for (int d = 1; d < 32; d *= 2) {
            A other = __shfl_up_sync(~0u, sum, d);
            if (lane >= d) sum = combine(other, sum);
        }
        if (lane == 31) parts[warp] = sum;
        __syncthreads();
        A ahead = before;
        for (u32 w = 0; w < warp; ++w) ahead = combine(ahead, parts[w]);
        A shifted = __shfl_up_sync(~0u, sum, 1);
        A exclusive = lane == 0 ? ahead : combine(ahead, shifted);
        if (i < extent) y[at] = put<T>(EXCLUSIVE ? exclusive : combine(ahead, sum));
        for (u32 w = 0; w < 8; ++w) before = combine(before, parts[w]);
        __syncthreads();
    }
}

extern "C" __global__ void __launch_bounds__(256) cumulate(const __grid_constant__ Parameters p) {
    awaitPrevious();
    __shared__ A parts[8];
    i32 axis = p.axis ? i32(*p.axis) : p.known;
    if (axis < 0) axis += p.rank;
    if (axis < 0 || axis >= p.rank) return;  // the host would have refused it
    u32 outer = 1, inner = 1;
    for (i32 d = 0; d < p.rank; ++d) {
        if (d < axis) outer *= p.dims[d];
        if (d > axis) inner *= p.dims[d];
    }
    const u32 extent = p.dims[axis];
    for (u32 row = blockIdx.x; row < outer * inner; row += gridDim.x) {
        u32 o = row / inner;
        i64 start = i64(o) * extent * inner + (row - o * inner);
        cumulateRow(p.x + start, p.y + start, extent, inner, parts);
    }
}
