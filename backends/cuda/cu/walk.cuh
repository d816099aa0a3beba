// SPDX-License-Identifier: Apache-2.0
#pragma once
#include "common.cuh"

#define BIREME_LOOPS 8

// As Loops of support/walk.h.
template <int Operands> struct Loops {
    u32 count;
    i32 rank;
    FastDiv div[BIREME_LOOPS];
    i32 stride[Operands][BIREME_LOOPS];
    i32 inner[Operands];
};

// Offsets in elements of the first N operands at position n.
template <int N, int Operands>
__device__ __forceinline__ void locate(const Loops<Operands>& l, u32 n, i32 (&offset)[N]) {
#pragma unroll
    for (int k = 0; k < N; ++k) offset[k] = 0;
    for (int d = l.rank - 1; d > 0; --d) {
        u32 q = quotient(n, l.div[d]);
        i32 r = i32(n - q * l.div[d].divisor);
#pragma unroll
        for (int k = 0; k < N; ++k) offset[k] += r * l.stride[k][d];
        n = q;
    }
#pragma unroll
    for (int k = 0; k < N; ++k) offset[k] += i32(n) * l.stride[k][0];
}

// V neighbours of an operand, or one element V times.
template <typename T, int V>
__device__ __forceinline__ Vec<T, V> load(const T* p, i32 inner) {
    Vec<T, V> x;
    if (V == 1 || inner) return *reinterpret_cast<const Vec<T, V>*>(p);
    T one = *p;
#pragma unroll
    for (int v = 0; v < V; ++v) x.v[v] = one;
    return x;
}
