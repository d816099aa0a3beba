// SPDX-License-Identifier: Apache-2.0
// Attention with scores in registers (Dao et al., "FlashAttention"; Milakov and Gimelshein, "Online
// normalizer calculation for softmax"). A warp has 16 queries of one head, a block's warps share the
// keys and values. -DT=f16 -DDEPTH=64 -DFEATURES=64 -DWARPS=4 -DMASKED=1 -DCAUSAL=0
#include "common.cuh"

#define KEYS 64

struct Parameters {
    const T *q, *k, *v, *mask;
    T* y;
    i32 queries, keys, heads;
    float scale;  // times log2(e)
    // Steps in elements: image, head, row; the mask's also column.
    i64 qs[3], ks[3], vs[3], ys[3], ms[4];
};

template <typename E> struct Pair;
template <> struct Pair<f16> {
    static __device__ __forceinline__ u32 of(float low, float high) {
        u32 r;
        asm("cvt.rn.f16x2.f32 %0, %1, %2;" : "=r"(r) : "f"(high), "f"(low));
        return r;
    }
    static __device__ __forceinline__ void multiply(float* c, const u32* a, u32 b0, u32 b1) {
        asm volatile(
            "mma.sync.aligned.m16n8k16.row.col.f32.f16.f16.f32 {%0,%1,%2,%3}, {%4,%5,%6,%7}, {%8,%9}, {%0,%1,%2,%3};"
            : "+f"(c[0]), "+f"(c[1]), "+f"(c[2]), "+f"(c[3])
            : "r"(a[0]), "r"(a[1]), "r"(a[2]), "r"(a[3]), "r"(b0), "r"(b1));
    }
};
template <> struct Pair<bf16> {
    static __device__ __forceinline__ u32 of(float low, float high) {
        u32 r;
        asm("cvt.rn.bf16x2.f32 %0, %1, %2;" : "=r"(r) : "f"(high), "f"(low));
        return r;
    }
    static __device__ __forceinline__ void multiply(float* c, const u32* a, u32 b0, u32 b1) {
        asm volatile(
            "mma.sync.aligned.m16n8k16.row.col.f32.bf16.bf16.f32 {%0,%1,%2,%3}, {%4,%5,%6,%7}, {%8,%9}, {%0,%1,%2,%3};"
            : "+f"(c[0]), "+f"(c[1]), "+f"(c[2]), "+f"(c[3])
            : "r"(a[0]), "r"(a[1]), "r"(a[2]), "r"(a[3]), "r"(b0), "r"(b1));
    }
};

struct __align__(16) Chunk {
    u32 v[4];
};

// Rows [first, first + KEYS) of a matrix, zeros behind its end.
template <int WIDTH>
__device__ __forceinline__ void fetch(T (*to)[WIDTH + 8], const T* from, i64 step, i32 first, i32 rows) {
    for (i32 i = threadIdx.x; i < KEYS * WIDTH / 8; i += WARPS * 32) {
        i32 row = i / (WIDTH / 8), column = i % (WIDTH / 8) * 8;
        Chunk c = {};
        if (first + row < rows) c = *(const Chunk*)(from + (first + row) * step + column);
        *(Chunk*)&to[row][column] = c;
    }
}

__device__ __forceinline__ float exp2Fast(float x) {
    float r;
    asm("ex2.approx.ftz.f32 %0, %1;" : "=f"(r) : "f"(x));
    return r;
}

extern "C" __global__ void __launch_bounds__(WARPS * 32) attention(const __grid_constant__ Parameters p) {
    __shared__ __align__(16) T keys[KEYS][DEPTH + 8];
    __shared__ __align__(16) T values[KEYS][FEATURES + 8];
    const i32 warp = threadIdx.x / 32, lane = threadIdx.x % 32, group = lane / 4, member = lane % 4;
    const i32 image = blockIdx.y / p.heads, head = blockIdx.y % p.heads;
    const T* q = p.q + image * p.qs[0] + head * p.qs[1];
    const T* k = p.k + image * p.ks[0] + head * p.ks[1];
    const T* v = p.v + image * p.vs[0] + head * p.vs[1];
    T* y = p.y + image * p.ys[0] + head * p.ys[1];
    const i32 firstRow = (blockIdx.x * WARPS + warp) * 16;
    i32 rows[2] = {firstRow + group, firstRow + group + 8};

    u32 a[DEPTH / 16][4];
#pragma unroll
    for (int s = 0; s < DEPTH / 16; ++s)
#pragma unroll
        for (int r = 0; r < 4; ++r) {
            i32 row = rows[r % 2];
            a[s][r] = row < p.queries ? *(const u32*)(q + row * p.qs[2] + s * 16 + r / 2 * 8 + member * 2) : 0u;
        }
    float out[FEATURES / 8][4] = {};
    float top[2] = {-infinity(), -infinity()}, total[2] = {0, 0};

    for (i32 first = 0; first < p.keys; first += KEYS) {
        __syncthreads();
        fetch<DEPTH>(keys, k, p.ks[2], first, p.keys);
        fetch<FEATURES>(values, v, p.vs[2], first, p.keys);
        __syncthreads();
        float score[KEYS / 8][4] = {};
#pragma unroll
        for (int n = 0; n < KEYS / 8; ++n)
#pragma unroll
            for (int s = 0; s < DEPTH / 16; ++s) {
                const T* at = &keys[n * 8 + group][s * 16 + member * 2];
                Pair<T>::multiply(score[n], a[s], *(const u32*)at, *(const u32*)(at + 8));
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
                if (MASKED && seen && row < p.queries)
                    x += 1.4426950408889634f *
                         get(p.mask[image * p.ms[0] + head * p.ms[1] + row * p.ms[2] + column * p.ms[3]]);
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
            u32 w[4] = {Pair<T>::of(score[2 * s][0], score[2 * s][1]), Pair<T>::of(score[2 * s][2], score[2 * s][3]),
                        Pair<T>::of(score[2 * s + 1][0], score[2 * s + 1][1]),
                        Pair<T>::of(score[2 * s + 1][2], score[2 * s + 1][3])};
#pragma unroll
            for (int e = 0; e < FEATURES / 8; ++e) {
                u32 at = u32(__cvta_generic_to_shared(&values[s * 16 + lane % 16][e * 8])), b0, b1;
                asm volatile("ldmatrix.sync.aligned.m8n8.x2.trans.shared.b16 {%0,%1}, [%2];"
                             : "=r"(b0), "=r"(b1)
                             : "r"(at)
                             : "memory");
                Pair<T>::multiply(out[e], w, b0, b1);
            }
        }
    }
#pragma unroll
    for (int h = 0; h < 2; ++h) {
        total[h] += __shfl_xor_sync(~0u, total[h], 1);
        total[h] += __shfl_xor_sync(~0u, total[h], 2);
        if (rows[h] >= p.queries) continue;
        float scale = 1.f / total[h];
#pragma unroll
        for (int e = 0; e < FEATURES / 8; ++e)
            *(u32*)(y + rows[h] * p.ys[2] + e * 8 + member * 2) =
                Pair<T>::of(out[e][2 * h] * scale, out[e][2 * h + 1] * scale);
    }
}
