// SPDX-License-Identifier: Apache-2.0
// Normalization of rows of elements, with scale and bias of any broadcast. -DT=f16 (values)
// -DP=f16 (scale and bias) -DRMS=0 -DFLOOR=0 (the mean square is epsilon at least, not more)
#include "math.cuh"
#include "walk.cuh"

struct Parameters {
    T* y;
    const T* x;
    const P* scale;  // null: 1
    const P* bias;   // null: 0
    Loops<4> rows, elements;  // y, x, scale, bias
    float epsilon;
};
typedef Register<T>::type R;

#define HELD 8  // elements of a row that a thread keeps in registers

__device__ __forceinline__ R blockSum(R a, R* part) {
#pragma unroll
    for (int d = 16; d > 0; d /= 2) a += __shfl_xor_sync(0xffffffffu, a, d);
    if (blockDim.x == 32) return a;
    __syncthreads();
    if (threadIdx.x % 32 == 0) part[threadIdx.x / 32] = a;
    __syncthreads();
    a = 0;
    for (u32 w = 0; w < blockDim.x / 32; ++w) a += part[w];
    return a;
}

__device__ __forceinline__ R factorOf(R variance, R epsilon) {
    return R(1) / sqrtf(FLOOR ? fmaxf(variance, epsilon) : variance + epsilon);
}

// A block per row.
extern "C" __global__ void normalize(const __grid_constant__ Parameters p) {
    awaitPrevious();
    __shared__ R part[32];
    const u32 n = p.elements.count;
    for (u32 row = blockIdx.x; row < p.rows.count; row += gridDim.x) {
        i32 at[4];
        locate(p.rows, row, at);
        R held[HELD];
        R sum = 0;
#pragma unroll
        for (int k = 0; k < HELD; ++k) {
            u32 e = threadIdx.x + k * blockDim.x;
            held[k] = 0;
            if (e < n) {
                i32 off[2];
                locate(p.elements, e, off);
                held[k] = get(p.x[at[1] + off[1]]);
                sum += held[k];
            }
        }
        for (u32 e = threadIdx.x + HELD * blockDim.x; e < n; e += blockDim.x) {
            i32 off[2];
            locate(p.elements, e, off);
            sum += get(p.x[at[1] + off[1]]);
        }
#if RMS
        R mean = 0;
#else
        R mean = blockSum(sum, part) / R(n);
#endif
        R squares = 0;
#pragma unroll
        for (int k = 0; k < HELD; ++k) {
            R d = held[k] - mean;
            if (threadIdx.x + k * blockDim.x < n) squares += d * d;
        }
        for (u32 e = threadIdx.x + HELD * blockDim.x; e < n; e += blockDim.x) {
            i32 off[2];
            locate(p.elements, e, off);
            R d = get(p.x[at[1] + off[1]]) - mean;
            squares += d * d;
        }
        R factor = factorOf(blockSum(squares, part) / R(n), R(p.epsilon));
        auto write = [&](R v, const i32 (&off)[4]) {
            v = (v - mean) * factor;
            if (p.scale) v *= get(p.scale[at[2] + off[2]]);
            if (p.bias) v += get(p.bias[at[3] + off[3]]);
            p.y[at[0] + off[0]] = put<T>(v);
        };
#pragma unroll
        for (int k = 0; k < HELD; ++k) {
            u32 e = threadIdx.x + k * blockDim.x;
            if (e < n) {
                i32 off[4];
                locate(p.elements, e, off);
                write(held[k], off);
            }
        }
        for (u32 e = threadIdx.x + HELD * blockDim.x; e < n; e += blockDim.x) {
            i32 off[4];
            locate(p.elements, e, off);
            write(get(p.x[at[1] + off[1]]), off);
        }
    }
}

// A warp per row of neighbouring elements, all in registers: WIDTH at once, PER of those a thread.
#ifdef PER
extern "C" __global__ void normalize_warp(const __grid_constant__ Parameters p) {
    awaitPrevious();
    u32 row = blockIdx.x * (blockDim.x / 32) + threadIdx.x / 32;
    if (row >= p.rows.count) return;
    const u32 n = p.elements.count, lane = threadIdx.x % 32;
    i32 at[4];
    locate(p.rows, row, at);
    R held[PER][WIDTH];
    R sum = 0;
#pragma unroll
    for (int k = 0; k < PER; ++k) {
        u32 e = (lane + 32 * k) * WIDTH;
        if (e < n) {
            Vec<T, WIDTH> x = *(const Vec<T, WIDTH>*)(p.x + at[1] + e);
#pragma unroll
            for (int v = 0; v < WIDTH; ++v) held[k][v] = get(x.v[v]), sum += held[k][v];
        }
    }
    auto warpSum = [](R a) {
#pragma unroll
        for (int d = 16; d > 0; d /= 2) a += __shfl_xor_sync(0xffffffffu, a, d);
        return a;
    };
#if RMS
    R mean = 0;
#else
    R mean = warpSum(sum) / R(n);
#endif
    R squares = 0;
#pragma unroll
    for (int k = 0; k < PER; ++k)
        if ((lane + 32 * k) * WIDTH < n)
#pragma unroll
            for (int v = 0; v < WIDTH; ++v) {
                R d = held[k][v] - mean;
                squares += d * d;
            }
    R factor = factorOf(warpSum(squares) / R(n), R(p.epsilon));
#pragma unroll
    for (int k = 0; k < PER; ++k) {
        u32 e = (lane + 32 * k) * WIDTH;
        if (e >= n) continue;
        Vec<P, WIDTH> scale, bias;
        if (p.scale) scale = *(const Vec<P, WIDTH>*)(p.scale + at[2] + e);
        if (p.bias) bias = *(const Vec<P, WIDTH>*)(p.bias + at[3] + e);
        Vec<T, WIDTH> y;
#pragma unroll
        for (int v = 0; v < WIDTH; ++v) {
            R r = (held[k][v] - mean) * factor;
            if (p.scale) r *= get(scale.v[v]);
            if (p.bias) r += get(bias.v[v]);
            y.v[v] = put<T>(r);
        }
        *(Vec<T, WIDTH>*)(p.y + at[0] + e) = y;
    }
}

// A block per row, a vector a thread: rows too few to fill the device with warps.
extern "C" __global__ void normalize_vectors(const __grid_constant__ Parameters p) {
    awaitPrevious();
    __shared__ R part[32];
    const u32 n = p.elements.count, e = threadIdx.x * WIDTH;
    const bool there = e < n;
    i32 at[4];
    locate(p.rows, blockIdx.x, at);
    Vec<T, WIDTH> x;
    Vec<P, WIDTH> scale, bias;
    if (there) {
        x = *(const Vec<T, WIDTH>*)(p.x + at[1] + e);
        if (p.scale) scale = *(const Vec<P, WIDTH>*)(p.scale + at[2] + e);
        if (p.bias) bias = *(const Vec<P, WIDTH>*)(p.bias + at[3] + e);
    }
    R sum = 0, squares = 0;
#pragma unroll
    for (int v = 0; v < WIDTH; ++v) sum += there ? get(x.v[v]) : R(0);
#if RMS
    R mean = 0;
#else
    R mean = blockSum(sum, part) / R(n);
#endif
#pragma unroll
    for (int v = 0; v < WIDTH; ++v) {
        R d = there ? get(x.v[v]) - mean : R(0);
        squares += d * d;
    }
    R factor = factorOf(blockSum(squares, part) / R(n), R(p.epsilon));
    if (!there) return;
    Vec<T, WIDTH> y;
#pragma unroll
    for (int v = 0; v < WIDTH; ++v) {
        R r = (get(x.v[v]) - mean) * factor;
        if (p.scale) r *= get(scale.v[v]);
        if (p.bias) r += get(bias.v[v]);
        y.v[v] = put<T>(r);
    }
    *(Vec<T, WIDTH>*)(p.y + at[0] + e) = y;
}
#endif
