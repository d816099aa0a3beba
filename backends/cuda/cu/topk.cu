// SPDX-License-Identifier: Apache-2.0
// The k first of every row in the order of values, equal ones by their place: a block sorts a row
// in shared memory. -DT=f16 -DI=i32 (indices) -DLARGEST=1 -DVALUES=1 -DINDICES=1 (the results that are
// written) -DWIDE=0 (elements whose order takes 64 bits; their places stand beside the keys then)
#include "math.cuh"

struct Parameters {
    const T* x;
    T* y;
    I* indices;
    FastDiv inner;
    u32 extent, padded, k;  // padded: the power of two that is sorted
};

// Ascending keys are the wanted order. NaN is above all numbers, both zeros are one.
#if WIDE
__device__ __forceinline__ u64 ordered(i64 v) { return u64(v) ^ 1ull << 63; }
__device__ __forceinline__ u64 ordered(u64 v) { return v; }
__device__ __forceinline__ u64 ordered(u32 v) { return v; }
__device__ __forceinline__ u64 ordered(f64 v) {
    u64 u = __double_as_longlong(v + 0.);
    return v != v ? ~0ull : u >> 63 ? ~u : u | 1ull << 63;
}
__device__ __forceinline__ u64 keyOf(T v, u32) { return LARGEST ? ~ordered(v) : ordered(v); }
#else
__device__ __forceinline__ u32 ordered(float v) {
    u32 u = __float_as_uint(v + 0.f);
    return v != v ? ~0u : u >> 31 ? ~u : u | 0x80000000u;
}
__device__ __forceinline__ u32 ordered(i64 v) { return u32(i32(v)) ^ 0x80000000u; }
// With the place behind it.
__device__ __forceinline__ u64 keyOf(T v, u32 i) {
    u32 u = ordered(get(v));
    return u64(LARGEST ? ~u : u) << 32 | i;
}
#endif

extern "C" __global__ void __launch_bounds__(1024) topk(const __grid_constant__ Parameters p) {
    awaitPrevious();
    extern __shared__ __align__(16) u8 memory[];
    u64* keys = (u64*)memory;
#if WIDE
    u16* places = (u16*)(keys + p.padded);
#endif
    u32 outer = quotient(blockIdx.x, p.inner), k = blockIdx.x - outer * p.inner.divisor;
    const T* x = p.x + (i64(outer) * p.extent) * p.inner.divisor + k;
    for (u32 i = threadIdx.x; i < p.padded; i += blockDim.x) {
        keys[i] = i < p.extent ? keyOf(x[i64(i) * p.inner.divisor], i) : ~0ull;
#if WIDE
        places[i] = i < p.extent ? i : 0xFFFF;  // behind a largest element
#endif
    }
    for (u32 size = 2; size <= p.padded; size *= 2)
        for (u32 step = size / 2; step > 0; step /= 2) {
            __syncthreads();
            for (u32 n = threadIdx.x; n < p.padded / 2; n += blockDim.x) {
                u32 i = n / step * step * 2 + n % step, j = i + step;
                u64 a = keys[i], b = keys[j];
                bool above = a > b;
#if WIDE
                u16 atA = places[i], atB = places[j];
                above = above || (a == b && atA > atB);
#endif
                if (above != ((i & size) == 0)) continue;
                keys[i] = b, keys[j] = a;
#if WIDE
                places[i] = atB, places[j] = atA;
#endif
            }
        }
    __syncthreads();
    for (u32 i = threadIdx.x; i < p.k; i += blockDim.x) {
#if WIDE
        u32 from = places[i];
#else
        u32 from = u32(keys[i]);
#endif
        i64 to = (i64(outer) * p.k + i) * p.inner.divisor + k;
#if VALUES
        p.y[to] = x[i64(from) * p.inner.divisor];
#endif
#if INDICES
        p.indices[to] = I(from);
#endif
    }
}
