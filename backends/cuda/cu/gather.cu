// SPDX-License-Identifier: Apache-2.0
// Rows or elements by index; one outside reads zero. -DI=i64 (the indices' type)
#include "walk.cuh"

struct Parameters {
    const void* data;
    const I* indices;
    void* out;
    u32 count;       // elements (or groups of them) of the result
    i32 extent;      // of the axis
    FastDiv inner;   // of rows: groups behind the axis
    FastDiv picked;  // of rows: indices
    Loops<2> loops;  // of elements: indices, data without the axis
    i32 axisStep;    // of elements
};

struct __align__(16) u128 {
    u64 low, high;
};

__device__ __forceinline__ i64 inside(I i, i32 extent) {
    i64 k = i64(i);
    return k < 0 ? k + extent : k;
}

template <typename T> __device__ __forceinline__ void rows(const Parameters& p) {
    const T* data = (const T*)p.data;
    T* out = (T*)p.out;
    for (u32 n = blockIdx.x * blockDim.x + threadIdx.x; n < p.count;
         n += gridDim.x * blockDim.x) {
        u32 row = quotient(n, p.inner), k = n - row * p.inner.divisor;
        u32 outer = quotient(row, p.picked), i = row - outer * p.picked.divisor;
        i64 at = inside(p.indices[i], p.extent);
        T v = {};
        if (at >= 0 && at < p.extent)
            v = data[(i64(outer) * p.extent + at) * p.inner.divisor + k];
        out[n] = v;
    }
}
template <typename T> __device__ __forceinline__ void elements(const Parameters& p) {
    const T* data = (const T*)p.data;
    T* out = (T*)p.out;
    for (u32 n = blockIdx.x * blockDim.x + threadIdx.x; n < p.count;
         n += gridDim.x * blockDim.x) {
        i32 at[2];
        locate(p.loops, n, at);
        i64 i = inside(p.indices[n], p.extent);
        out[n] = i >= 0 && i < p.extent ? data[at[1] + i * p.axisStep] : T(0);
    }
}
extern "C" __global__ void gather_1(const __grid_constant__ Parameters p) { awaitPrevious(), rows<u8>(p); }
extern "C" __global__ void gather_2(const __grid_constant__ Parameters p) { awaitPrevious(), rows<u16>(p); }
extern "C" __global__ void gather_4(const __grid_constant__ Parameters p) { awaitPrevious(), rows<u32>(p); }
extern "C" __global__ void gather_8(const __grid_constant__ Parameters p) { awaitPrevious(), rows<u64>(p); }
extern "C" __global__ void gather_16(const __grid_constant__ Parameters p) { awaitPrevious(), rows<u128>(p); }
extern "C" __global__ void pick_1(const __grid_constant__ Parameters p) { awaitPrevious(), elements<u8>(p); }
extern "C" __global__ void pick_2(const __grid_constant__ Parameters p) { awaitPrevious(), elements<u16>(p); }
extern "C" __global__ void pick_4(const __grid_constant__ Parameters p) { awaitPrevious(), elements<u32>(p); }
extern "C" __global__ void pick_8(const __grid_constant__ Parameters p) { awaitPrevious(), elements<u64>(p); }
