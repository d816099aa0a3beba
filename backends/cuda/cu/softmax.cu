// SPDX-License-Identifier: Apache-2.0
// Softmax along one axis: element (o, i, k) lies at (o * extent + i) * inner + k. -DT=f16 -DLOG=0
#include "math.cuh"

struct Parameters {
    const T* x;
    T* y;
    u32 rows;  // outer * inner
    i32 extent;
    FastDiv inner;
};
typedef Register<T>::type R;

__device__ __forceinline__ R warpMax(R a) {
#pragma unroll
    for (int d = 16; d > 0; d /= 2) {
        R b = __shfl_xor_sync(0xffffffffu, a, d);
        a = b > a || b != b ? b : a;
    }
    return a;
}
__device__ __forceinline__ R warpSum(R a) {
#pragma unroll
    for (int d = 16; d > 0; d /= 2) a += __shfl_xor_sync(0xffffffffu, a, d);
    return a;
}
__device__ __forceinline__ R larger(R a, R x) { return x > a || x != x ? x : a; }

// A warp per row whose elements its registers hold.
template <int Per> __device__ __forceinline__ void warpRow(const Parameters& p) {
    u32 row = blockIdx.x * (blockDim.x / 32) + threadIdx.x / 32;
    if (row >= p.rows) return;
    const T* x = p.x + i64(row) * p.extent;
    T* y = p.y + i64(row) * p.extent;
    int lane = threadIdx.x % 32;
    R v[Per];
    R top = R(-infinity());
#pragma unroll
    for (int k = 0; k < Per; ++k) {
        int i = lane + 32 * k;
        v[k] = i < p.extent ? get(x[i]) : R(-infinity());
        top = larger(top, v[k]);
    }
    top = warpMax(top);
    R sum = 0;
#pragma unroll
    for (int k = 0; k < Per; ++k) {
        int i = lane + 32 * k;
        R e = i < p.extent ? expf(v[k] - top) : R(0);
#if LOG
        v[k] -= top;
#else
        v[k] = e;
#endif
        sum += e;
    }
    sum = warpSum(sum);
#if LOG
    R last = logf(sum);
#else
    R last = R(1) / sum;
#endif
#pragma unroll
    for (int k = 0; k < Per; ++k) {
        int i = lane + 32 * k;
#if LOG
        if (i < p.extent) y[i] = put<T>(v[k] - last);
#else
        if (i < p.extent) y[i] = put<T>(v[k] * last);
#endif
    }
}
extern "C" __global__ void softmax_warp1(const __grid_constant__ Parameters p) { awaitPrevious(), warpRow<1>(p); }
extern "C" __global__ void softmax_warp4(const __grid_constant__ Parameters p) { awaitPrevious(), warpRow<4>(p); }
extern "C" __global__ void softmax_warp8(const __grid_constant__ Parameters p) { awaitPrevious(), warpRow<8>(p); }
extern "C" __global__ void softmax_warp16(const __grid_constant__ Parameters p) { awaitPrevious(), warpRow<16>(p); }
extern "C" __global__ void softmax_warp32(const __grid_constant__ Parameters p) { awaitPrevious(), warpRow<32>(p); }

// A block per row.
extern "C" __global__ void softmax_block(const __grid_constant__ Parameters p) {
    awaitPrevious();
    __shared__ R part[33];
    const T* x = p.x + i64(blockIdx.x) * p.extent;
    T* y = p.y + i64(blockIdx.x) * p.extent;
    int warps = blockDim.x / 32;
    R top = R(-infinity());
    for (int i = threadIdx.x; i < p.extent; i += blockDim.x) top = larger(top, get(x[i]));
    top = warpMax(top);
    if (threadIdx.x % 32 == 0) part[threadIdx.x / 32] = top;
    __syncthreads();
    if (threadIdx.x < 32) {
        top = warpMax(int(threadIdx.x) < warps ? part[threadIdx.x] : R(-infinity()));
        if (threadIdx.x == 0) part[32] = top;
    }
    __syncthreads();
    top = part[32];
    __syncthreads();
    R sum = 0;
    for (int i = threadIdx.x; i < p.extent; i += blockDim.x) sum += expf(get(x[i]) - top);
    sum = warpSum(sum);
    if (threadIdx.x % 32 == 0) part[threadIdx.x / 32] = sum;
    __syncthreads();
    if (threadIdx.x < 32) {
        sum = warpSum(int(threadIdx.x) < warps ? part[threadIdx.x] : R(0));
        if (threadIdx.x == 0) part[32] = sum;
    }
    __syncthreads();
    sum = part[32];
    for (int i = threadIdx.x; i < p.extent; i += blockDim.x) {
        R d = get(x[i]) - top;
#if LOG
        y[i] = put<T>(d - logf(sum));
#else
        y[i] = put<T>(expf(d) / sum);
#endif
    }
}

// A thread per row whose elements lie `inner` apart.
extern "C" __global__ void softmax_column(const __grid_constant__ Parameters p) {
    awaitPrevious();
    u32 row = blockIdx.x * blockDim.x + threadIdx.x;
    if (row >= p.rows) return;
    u32 outer = quotient(row, p.inner), k = row - outer * p.inner.divisor;
    i64 step = p.inner.divisor, at = i64(outer) * p.extent * step + k;
    R top = R(-infinity()), sum = 0;
    for (int i = 0; i < p.extent; ++i) top = larger(top, get(p.x[at + i * step]));
    for (int i = 0; i < p.extent; ++i) sum += expf(get(p.x[at + i * step]) - top);
    for (int i = 0; i < p.extent; ++i) {
        R d = get(p.x[at + i * step]) - top;
#if LOG
        p.y[at + i * step] = put<T>(d - logf(sum));
#else
        p.y[at + i * step] = put<T>(expf(d) / sum);
#endif
    }
}
