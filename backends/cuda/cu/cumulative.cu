// SPDX-License-Identifier: Apache-2.0
// Running sums and products along one axis, a block per row; reals in double, so that long sums
// keep their digits. -DT=f16 -DA=double (i64 for integers) -DPRODUCT=0 -DEXCLUSIVE=0 -DREVERSE=0
#include "math.cuh"

struct Parameters {
    const T* x;
    T* y;
    FastDiv inner;
    u32 extent;
};

__device__ __forceinline__ A combine(A a, A b) { return PRODUCT ? a * b : a + b; }

extern "C" __global__ void __launch_bounds__(256) cumulate(const __grid_constant__ Parameters p) {
    awaitPrevious();
    __shared__ A parts[8];
    u32 outer = quotient(blockIdx.x, p.inner), k = blockIdx.x - outer * p.inner.divisor;
    const i64 start = i64(outer) * p.extent * p.inner.divisor + k;
    const u32 lane = threadIdx.x % 32, warp = threadIdx.x / 32;
    const A none = A(PRODUCT ? 1 : 0);
    A before = none;
    for (u32 first = 0; first < p.extent; first += 256) {
        u32 i = first + threadIdx.x;
        i64 at = start + i64(REVERSE ? p.extent - 1 - i : i) * p.inner.divisor;
        A own = i < p.extent ? A(get(p.x[at])) : none, sum = own;
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
        if (i < p.extent) p.y[at] = put<T>(EXCLUSIVE ? exclusive : combine(ahead, sum));
        for (u32 w = 0; w < 8; ++w) before = combine(before, parts[w]);
        __syncthreads();
    }
}
