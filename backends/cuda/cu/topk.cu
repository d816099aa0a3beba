// SPDX-License-Identifier: Apache-2.0
// The k first of every row in the order of values, equal ones by their place: a block sorts a row
// in shared memory. -DT=f16 -DI=i32 (indices) -DLARGEST=1 -DVALUES=1 -DINDICES=1 (the results that are
// written)
#include "math.cuh"

struct Parameters {
    const T* x;
    T* y;
    I* indices;
    FastDiv inner;
    u32 extent, padded, k;  // padded: the power of two that is sorted
};

// Ascending keys are the wanted order. NaN is above all numbers, both zeros are one.
__device__ __forceinline__ u32 keyOf(float v) {
    u32 u = __float_as_uint(v + 0.f);
    u = v != v ? ~0u : u >> 31 ? ~u : u | 0x80000000u;
    return LARGEST ? ~u : u;
}
__device__ __forceinline__ u32 keyOf(i64 v) {
    u32 u = u32(i32(v)) ^ 0x80000000u;
    return LARGEST ? ~u : u;
}

extern "C" __global__ void __launch_bounds__(1024) topk(const __grid_constant__ Parameters p) {
    awaitPrevious();
    extern __shared__ __align__(16) u8 memory[];
    u64* keys = (u64*)memory;
    u32 outer = quotient(blockIdx.x, p.inner), k = blockIdx.x - outer * p.inner.divisor;
    const T* x = p.x + (i64(outer) * p.extent) * p.inner.divisor + k;
    for (u32 i = threadIdx.x; i < p.padded; i += blockDim.x)
        keys[i] = i < p.extent ? u64(keyOf(get(x[i64(i) * p.inner.divisor]))) << 32 | i : ~0ull;
    for (u32 size = 2; size <= p.padded; size *= 2)
        for (u32 step = size / 2; step > 0; step /= 2) {
            __syncthreads();
            for (u32 n = threadIdx.x; n < p.padded / 2; n += blockDim.x) {
                u32 i = n / step * step * 2 + n % step, j = i + step;
                u64 a = keys[i], b = keys[j];
                if ((a > b) == ((i & size) == 0)) keys[i] = b, keys[j] = a;
            }
        }
    __syncthreads();
    for (u32 i = threadIdx.x; i < p.k; i += blockDim.x) {
        u32 from = u32(keys[i]);
        i64 to = (i64(outer) * p.k + i) * p.inner.divisor + k;
#if VALUES
        p.y[to] = x[i64(from) * p.inner.divisor];
#endif
#if INDICES
        p.indices[to] = I(from);
#endif
    }
}
