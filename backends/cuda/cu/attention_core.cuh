// SPDX-License-Identifier: Apache-2.0
// Attention with scores in registers (Dao et al., "FlashAttention"; Milakov and Gimelshein, "Online
// normalizer calculation for softmax"): what a warp does with 16 queries of one head and KEYS keys.
// The including text defines T, DEPTH, FEATURES, KEYS, MASKED, CAUSAL.
#pragma once
#include "mma.cuh"

struct Parameters {
    const T *q, *k, *v, *mask;
    T* y;
    i32 queries, keys, heads;
    float scale;  // times log2(e)
    // Steps in elements: image, head, row; the mask's also column.
    i64 qs[3], ks[3], vs[3], ys[3], ms[4];
};

typedef T KeyRow[DEPTH + 8];
typedef T ValueRow[FEATURES + 8];

__device__ __forceinline__ float exp2Fast(float x) {
    float r;
    asm("ex2.approx.ftz.f32 %0, %1;" : "=f"(r) : "f"(x));
    return r;
}

// Rows [first, first + KEYS) of a matrix by `threads` threads in the background, zeros behind its end.
template <int Width>
__device__ __forceinline__ void fetch(T (*to)[Width + 8], const T* from, i64 step, i32 first, i32 rows, i32 thread,
                                      i32 threads) {
    for (i32 i = thread; i < KEYS * Width / 8; i += threads) {
        i32 row = i / (Width / 8), column = i % (Width / 8) * 8;
        bool there = first + row < rows;
        copyChunk(&to[row][column], from + (there ? (first + row) * step + column : 0), there);
    }
}

struct Queries {
    i32 image, head, rows[2];
    const T* mask[2];  // rows of it
    u32 a[DEPTH / 16][4];
    float out[FEATURES / 8][4], top[2], total[2];

    __device__ __forceinline__ void start(const Parameters& p, i32 firstRow) {
        const i32 lane = threadIdx.x % 32, group = lane / 4, member = lane % 4;
        image = blockIdx.y / p.heads, head = blockIdx.y % p.heads;
        const T* q = p.q + image * p.qs[0] + head * p.qs[1];
        rows[0] = firstRow + group, rows[1] = firstRow + group + 8;
#pragma unroll
        for (int h = 0; h < 2; ++h)
            mask[h] = p.mask + image * p.ms[0] + head * p.ms[1] + (rows[h] < p.queries ? rows[h] * p.ms[2] : 0);
#pragma unroll
        for (int s = 0; s < DEPTH / 16; ++s)
#pragma unroll
            for (int r = 0; r < 4; ++r) {
                i32 row = rows[r % 2];
                a[s][r] = row < p.queries ? *(const u32*)(q + row * p.qs[2] + s * 16 + r / 2 * 8 + member * 2) : 0u;
            }
#pragma unroll
        for (int e = 0; e < FEATURES / 8; ++e)
#pragma unroll
            for (int c = 0; c < 4; ++c) out[e][c] = 0;
        top[0] = top[1] = -infinity();
        total[0] = total[1] = 0;
    }

    // Keys and values [first, first + KEYS); sums stay a thread's own until finish().
    __device__ __forceinline__ void add(const Parameters& p, const KeyRow* keys, const ValueRow* values, i32 first) {
        const i32 lane = threadIdx.x % 32, member = lane % 4, maskStep = i32(p.ms[3]);
        float score[KEYS / 8][4] = {};
#pragma unroll
        for (int n = 0; n < KEYS / 8; n += 2)
#pragma unroll
            for (int s = 0; s < DEPTH / 16; ++s) {
                u32 b[4];
                loadMatrices(b, &keys[n * 8 + lane / 16 * 8 + lane % 8][s * 16 + lane / 8 % 2 * 8]);
                Mma<T>::multiply(score[n], a[s], b[0], b[1]);
                Mma<T>::multiply(score[n + 1], a[s], b[2], b[3]);
            }
        float best[2] = {top[0], top[1]};
#pragma unroll
        for (int n = 0; n < KEYS / 8; ++n)
#pragma unroll
            for (int c = 0; c < 4; ++c) {
                i32 row = rows[c / 2], column = first + n * 8 + member * 2 + c % 2;
                float x = score[n][c] * p.scale;
                bool seen = column < p.keys;
                if (CAUSAL) seen = seen && column <= row + p.keys - p.queries;
                if (MASKED && seen) x += 1.4426950408889634f * get(mask[c / 2][column * maskStep]);
                score[n][c] = seen ? x : -infinity();
                best[c / 2] = fmaxf(best[c / 2], score[n][c]);
            }
        float shift[2], shrink[2], sum[2] = {0, 0};
#pragma unroll
        for (int h = 0; h < 2; ++h) {
            best[h] = fmaxf(best[h], __shfl_xor_sync(~0u, best[h], 1));
            best[h] = fmaxf(best[h], __shfl_xor_sync(~0u, best[h], 2));
            shift[h] = best[h] == -infinity() ? 0.f : best[h];
            shrink[h] = exp2Fast(top[h] - shift[h]);
            top[h] = best[h];
        }
#pragma unroll
        for (int n = 0; n < KEYS / 8; ++n)
#pragma unroll
            for (int c = 0; c < 4; ++c) {
                score[n][c] = exp2Fast(score[n][c] - shift[c / 2]);
                sum[c / 2] += score[n][c];
            }
#pragma unroll
        for (int h = 0; h < 2; ++h) total[h] = total[h] * shrink[h] + sum[h];
#pragma unroll
        for (int e = 0; e < FEATURES / 8; ++e)
#pragma unroll
            for (int c = 0; c < 4; ++c) out[e][c] *= shrink[c / 2];
#pragma unroll
        for (int s = 0; s < KEYS / 16; ++s) {
            u32 w[4] = {Mma<T>::pair(score[2 * s][0], score[2 * s][1]), Mma<T>::pair(score[2 * s][2], score[2 * s][3]),
                        Mma<T>::pair(score[2 * s + 1][0], score[2 * s + 1][1]),
                        Mma<T>::pair(score[2 * s + 1][2], score[2 * s + 1][3])};
#pragma unroll
            for (int e = 0; e < FEATURES / 8; e += 2) {
                u32 b[4];
                loadTransposed(b, &values[s * 16 + lane % 16][e * 8 + lane / 16 * 8]);
                Mma<T>::multiply(out[e], w, b[0], b[1]);
                Mma<T>::multiply(out[e + 1], w, b[2], b[3]);
            }
        }
    }
    __device__ __forceinline__ void joinSums() {
#pragma unroll
        for (int h = 0; h < 2; ++h) {
            total[h] += __shfl_xor_sync(~0u, total[h], 1);
            total[h] += __shfl_xor_sync(~0u, total[h], 2);
        }
    }
};
