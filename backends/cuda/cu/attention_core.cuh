// SPDX-License-Identifier: Apache-2.0
// Attention with scores in registers (Dao et al., "FlashAttention"; Milakov and Gimelshein, "Online
// normalizer calculation for softmax"): what a warp does with some queries of one head and KEYS keys.
// The including text defines T, DEPTH, FEATURES, KEYS, CAUSAL, and MASKED: 0 no mask, 1 a number
// for each score, 2 one for each key.
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

// 16 * Tiles queries: keys and values that a warp has loaded serve all of them.
template <int Tiles> struct Queries {
    i32 image, head, rows[Tiles][2];
    const T* mask[Tiles][2];  // rows of it
    u32 a[Tiles][DEPTH / 16][4];
    float out[Tiles][FEATURES / 8][4], top[Tiles][2], total[Tiles][2];

    __device__ __forceinline__ void start(const Parameters& p, i32 firstRow) {
        const i32 lane = threadIdx.x % 32, group = lane / 4, member = lane % 4;
        image = blockIdx.y / p.heads, head = blockIdx.y % p.heads;
        const T* q = p.q + image * p.qs[0] + head * p.qs[1];
#pragma unroll
        for (int t = 0; t < Tiles; ++t) {
            rows[t][0] = firstRow + t * 16 + group, rows[t][1] = rows[t][0] + 8;
#pragma unroll
            for (int h = 0; h < 2; ++h)
                mask[t][h] = p.mask + image * p.ms[0] + head * p.ms[1] + (rows[t][h] < p.queries ? rows[t][h] * p.ms[2] : 0);
#pragma unroll
            for (int s = 0; s < DEPTH / 16; ++s)
#pragma unroll
                for (int r = 0; r < 4; ++r) {
                    i32 row = rows[t][r % 2];
                    a[t][s][r] = row < p.queries ? *(const u32*)(q + row * p.qs[2] + s * 16 + r / 2 * 8 + member * 2) : 0u;
                }
#pragma unroll
            for (int e = 0; e < FEATURES / 8; ++e)
#pragma unroll
                for (int c = 0; c < 4; ++c) out[t][e][c] = 0;
            top[t][0] = top[t][1] = -infinity();
            total[t][0] = total[t][1] = 0;
        }
    }

    // Keys and values [first, first + KEYS); sums stay a thread's own until finish().
    __device__ __forceinline__ void add(const Parameters& p, const KeyRow* keys, const ValueRow* values, i32 first) {
        const i32 lane = threadIdx.x % 32;
        float score[Tiles][KEYS / 8][4] = {};
#pragma unroll
        for (int n = 0; n < KEYS / 8; n += 2)
#pragma unroll
            for (int s = 0; s < DEPTH / 16; ++s) {
                u32 b[4];
                loadMatrices(b, &keys[n * 8 + lane / 16 * 8 + lane % 8][s * 16 + lane / 8 % 2 * 8]);
#pragma unroll
                for (int t = 0; t < Tiles; ++t) {
                    Mma<T>::multiply(score[t][n], a[t][s], b[0], b[1]);
                    Mma<T>::multiply(score[t][n + 1], a[t][s], b[2], b[3]);
                }
            }
#pragma unroll
        for (int t = 0; t < Tiles; ++t) weigh(p, t, score[t], first);
#pragma unroll
        for (int s = 0; s < KEYS / 16; ++s) {
            u32 w[Tiles][4];
#pragma unroll
            for (int t = 0; t < Tiles; ++t)
#pragma unroll
                for (int i = 0; i < 4; ++i)
                    w[t][i] = Mma<T>::pair(score[t][2 * s + i / 2][i % 2 * 2], score[t][2 * s + i / 2][i % 2 * 2 + 1]);
#pragma unroll
            for (int e = 0; e < FEATURES / 8; e += 2) {
                u32 b[4];
                loadTransposed(b, &values[s * 16 + lane % 16][e * 8 + lane / 16 * 8]);
#pragma unroll
                for (int t = 0; t < Tiles; ++t) {
                    Mma<T>::multiply(out[t][e], w[t], b[0], b[1]);
                    Mma<T>::multiply(out[t][e + 1], w[t], b[2], b[3]);
                }
            }
        }
    }

    // Scores of one tile become weights, and what is summed so far shrinks to the new maximum.
    __device__ __forceinline__ void weigh(const Parameters& p, int t, float (&score)[KEYS / 8][4], i32 first) {
        const i32 member = threadIdx.x % 4, maskStep = i32(p.ms[3]);
        float best[2] = {top[t][0], top[t][1]}, factor = p.scale;
        if (!MASKED && !CAUSAL && first + KEYS <= p.keys && p.scale > 0) {
            float most[2] = {-infinity(), -infinity()};
#pragma unroll
            for (int n = 0; n < KEYS / 8; ++n)
#pragma unroll
                for (int c = 0; c < 4; ++c) most[c / 2] = fmaxf(most[c / 2], score[n][c]);
            best[0] = fmaxf(best[0], most[0] * factor), best[1] = fmaxf(best[1], most[1] * factor);
        } else {
#pragma unroll
            for (int n = 0; n < KEYS / 8; ++n)
#pragma unroll
                for (int c = 0; c < 2; ++c) {
                    const i32 column = first + n * 8 + member * 2 + c;
                    const bool there = column < p.keys;
                    float common = 0;
                    if (MASKED == 2 && there) common = 1.4426950408889634f * get(mask[t][0][column * maskStep]);
#pragma unroll
                    for (int h = 0; h < 2; ++h) {
                        float& x = score[n][2 * h + c];
                        bool seen = there;
                        if (CAUSAL) seen = seen && column <= rows[t][h] + p.keys - p.queries;
                        x = x * p.scale + common;
                        if (MASKED == 1 && seen) x += 1.4426950408889634f * get(mask[t][h][column * maskStep]);
                        x = seen ? x : -infinity();
                        best[h] = fmaxf(best[h], x);
                    }
                }
            factor = 1;
        }
        float shift[2], shrink[2], sum[2] = {0, 0};
#pragma unroll
        for (int h = 0; h < 2; ++h) {
            best[h] = fmaxf(best[h], __shfl_xor_sync(~0u, best[h], 1));
            best[h] = fmaxf(best[h], __shfl_xor_sync(~0u, best[h], 2));
            shift[h] = best[h] == -infinity() ? 0.f : best[h];
            shrink[h] = exp2Fast(top[t][h] - shift[h]);
            top[t][h] = best[h];
        }
#pragma unroll
        for (int n = 0; n < KEYS / 8; ++n)
#pragma unroll
            for (int c = 0; c < 4; ++c) {
                score[n][c] = exp2Fast(score[n][c] * factor - shift[c / 2]);
                sum[c / 2] += score[n][c];
            }
#pragma unroll
        for (int h = 0; h < 2; ++h) total[t][h] = total[t][h] * shrink[h] + sum[h];
#pragma unroll
        for (int e = 0; e < FEATURES / 8; ++e)
#pragma unroll
            for (int c = 0; c < 4; ++c) out[t][e][c] *= shrink[c / 2];
    }

    __device__ __forceinline__ void joinSums() {
#pragma unroll
        for (int t = 0; t < Tiles; ++t)
#pragma unroll
            for (int h = 0; h < 2; ++h) {
                total[t][h] += __shfl_xor_sync(~0u, total[t][h], 1);
                total[t][h] += __shfl_xor_sync(~0u, total[t][h], 2);
            }
    }
};
