// SPDX-License-Identifier: Apache-2.0
// Pairs of features turned by the angle of their position: a thread turns WIDTH pairs of a row.
// -DT=f16 -DPAIRS=32 (of a row) -DWIDTH=8 -DNEIGHBOURS=0 (pairs are neighbours, not halves apart)
// -DEACH=1 (either of a pair has an angle of its own)
#include "math.cuh"
#include "walk.cuh"

struct Parameters {
    T* y;
    const T *x, *cosines, *sines;
    Loops<4> rows;  // y, x, cosines, sines
};
typedef Register<T>::type R;

// Firsts and seconds of WIDTH pairs.
struct Pairs {
    Vec<T, WIDTH> of[2];
};

__device__ __forceinline__ Pairs read(const T* row, u32 k) {
    Pairs p;
    if (NEIGHBOURS) {
        Vec<T, 2 * WIDTH> both = *(const Vec<T, 2 * WIDTH>*)(row + 2 * k);
#pragma unroll
        for (int v = 0; v < WIDTH; ++v) p.of[0].v[v] = both.v[2 * v], p.of[1].v[v] = both.v[2 * v + 1];
    } else {
        p.of[0] = *(const Vec<T, WIDTH>*)(row + k);
        p.of[1] = *(const Vec<T, WIDTH>*)(row + k + PAIRS);
    }
    return p;
}

__device__ __forceinline__ void write(T* row, u32 k, const Pairs& p) {
    if (NEIGHBOURS) {
        Vec<T, 2 * WIDTH> both;
#pragma unroll
        for (int v = 0; v < WIDTH; ++v) both.v[2 * v] = p.of[0].v[v], both.v[2 * v + 1] = p.of[1].v[v];
        *(Vec<T, 2 * WIDTH>*)(row + 2 * k) = both;
    } else {
        *(Vec<T, WIDTH>*)(row + k) = p.of[0];
        *(Vec<T, WIDTH>*)(row + k + PAIRS) = p.of[1];
    }
}

__device__ __forceinline__ Pairs readAngles(const T* row, u32 k) {
    if (EACH) return read(row, k);
    Pairs p;
    p.of[0] = p.of[1] = *(const Vec<T, WIDTH>*)(row + k);
    return p;
}

extern "C" __global__ void rotary_embedding(const __grid_constant__ Parameters p) {
    awaitPrevious();
    const u32 threads = PAIRS / WIDTH, n = blockIdx.x * blockDim.x + threadIdx.x, row = n / threads;
    if (row >= p.rows.count) return;
    const u32 k = (n - row * threads) * WIDTH;
    i32 at[4];
    locate(p.rows, row, at);
    const Pairs x = read(p.x + at[1], k), c = readAngles(p.cosines + at[2], k), s = readAngles(p.sines + at[3], k);
    Pairs y;
#pragma unroll
    for (int v = 0; v < WIDTH; ++v) {
        const R a = get(x.of[0].v[v]), b = get(x.of[1].v[v]);
        y.of[0].v[v] = put<T>(a * get(c.of[0].v[v]) - b * get(s.of[0].v[v]));
        y.of[1].v[v] = put<T>(b * get(c.of[1].v[v]) + a * get(s.of[1].v[v]));
    }
    write(p.y + at[0], k, y);
}
