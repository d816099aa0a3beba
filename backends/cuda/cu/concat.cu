// SPDX-License-Identifier: Apache-2.0
// Many tensors side by side in one launch: a row of the result is a row of each operand. Units of 1,
// 2, 4, 8 or 16 bytes.
#include "common.cuh"

#define OPERANDS 64

struct Parameters {
    const void* from[OPERANDS];
    u32 begin[OPERANDS + 1];  // in a row of the result, in units
    void* to;
    FastDiv row;  // units of a row of the result
    u32 count;
    i32 operands;
};
struct __align__(16) u128 {
    u64 low, high;
};

template <typename T> __device__ __forceinline__ void join(const Parameters& p) {
    for (u32 n = blockIdx.x * blockDim.x + threadIdx.x; n < p.count; n += gridDim.x * blockDim.x) {
        const u32 row = quotient(n, p.row), at = n - row * p.row.divisor;
        i32 low = 0, high = p.operands - 1;  // the last operand that begins at or before `at`
        while (low < high) {
            const i32 middle = (low + high + 1) / 2;
            if (p.begin[middle] <= at) low = middle;
            else high = middle - 1;
        }
        const u32 first = p.begin[low], width = p.begin[low + 1] - first;
        ((T*)p.to)[n] = ((const T*)p.from[low])[i64(row) * width + (at - first)];
    }
}
extern "C" __global__ void concat_1(const __grid_constant__ Parameters p) { awaitPrevious(), join<u8>(p); }
extern "C" __global__ void concat_2(const __grid_constant__ Parameters p) { awaitPrevious(), join<u16>(p); }
extern "C" __global__ void concat_4(const __grid_constant__ Parameters p) { awaitPrevious(), join<u32>(p); }
extern "C" __global__ void concat_8(const __grid_constant__ Parameters p) { awaitPrevious(), join<u64>(p); }
extern "C" __global__ void concat_16(const __grid_constant__ Parameters p) { awaitPrevious(), join<u128>(p); }
