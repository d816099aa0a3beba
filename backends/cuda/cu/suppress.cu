// SPDX-License-Identifier: Apache-2.0
// Greedy non-maximum suppression, a block for each class of each image: the best box that is left is
// kept, what overlaps it goes. -DTB=f32 (boxes) -DTS=f32 (scores) -DCENTRE=0 (boxes are centre and
// size) -DBYCLASS=1 (scores are [N,C,B])
#include "math.cuh"

struct Choice {
    i32 box;
    float score;
};
struct Parameters {
    const TB* boxes;
    const TS* scores;
    float* left;      // [images, classes, boxes]: the score, -infinity once it is out
    Choice* chosen;   // [images, classes, most]
    i32* counts;      // [images, classes]
    i32 count, classes, most;
    i32 perClass;     // boxes are [N,B,C,4]
    float overlap, least;
    i32 filters;      // scores of `least` and below are out
};
struct Box {
    float x1, y1, x2, y2;
};

__device__ __forceinline__ Box boxOf(const Parameters& p, i32 n, i32 b, i32 k) {
    const TB* at = p.boxes + (p.perClass ? (i64(n) * p.count + b) * p.classes + k : i64(n) * p.count + b) * 4;
    const float a[4] = {get(at[0]), get(at[1]), get(at[2]), get(at[3])};
    if (CENTRE) return {a[0] - a[2] / 2, a[1] - a[3] / 2, a[0] + a[2] / 2, a[1] + a[3] / 2};
    return {fminf(a[0], a[2]), fminf(a[1], a[3]), fmaxf(a[0], a[2]), fmaxf(a[1], a[3])};
}

__device__ __forceinline__ float overlap(const Box& a, const Box& b) {
    const float w = fminf(a.x2, b.x2) - fmaxf(a.x1, b.x1), h = fminf(a.y2, b.y2) - fmaxf(a.y1, b.y1);
    if (!(w > 0 && h > 0)) return 0;
    const float common = __fmul_rn(w, h);
    const float all = __fadd_rn(__fadd_rn(__fmul_rn(a.x2 - a.x1, a.y2 - a.y1), __fmul_rn(b.x2 - b.x1, b.y2 - b.y1)), -common);
    return all > 0 ? common / all : 0;
}

// The better of two: the higher score, then the lower number.
__device__ __forceinline__ void better(float& score, i32& box, float other, i32 otherBox) {
    if (otherBox >= 0 && (box < 0 || other > score || (other == score && otherBox < box))) score = other, box = otherBox;
}

extern "C" __global__ void __launch_bounds__(1024) suppress(const __grid_constant__ Parameters p) {
    awaitPrevious();
    __shared__ float scores[32];
    __shared__ i32 boxes[32];
    const i32 n = blockIdx.x / p.classes, k = blockIdx.x % p.classes;
    float* left = p.left + i64(blockIdx.x) * p.count;
    for (i32 b = threadIdx.x; b < p.count; b += blockDim.x) {
        const float s = get(p.scores[BYCLASS ? (i64(n) * p.classes + k) * p.count + b : (i64(n) * p.count + b) * p.classes + k]);
        left[b] = p.filters && !(s > p.least) ? -infinity() : s;
    }
    i32 found = 0;
    for (; found < p.most; ++found) {
        float score = -infinity();
        i32 box = -1;
        for (i32 b = threadIdx.x; b < p.count; b += blockDim.x)
            if (left[b] > -infinity()) better(score, box, left[b], b);
        for (int d = 16; d > 0; d /= 2) {
            const float other = __shfl_xor_sync(~0u, score, d);
            better(score, box, other, __shfl_xor_sync(~0u, box, d));
        }
        __syncthreads();
        if (threadIdx.x % 32 == 0) scores[threadIdx.x / 32] = score, boxes[threadIdx.x / 32] = box;
        __syncthreads();
        score = -infinity(), box = -1;
        for (u32 w = 0; w < blockDim.x / 32; ++w) better(score, box, scores[w], boxes[w]);
        if (box < 0) break;
        if (threadIdx.x == 0) p.chosen[i64(blockIdx.x) * p.most + found] = {box, score};
        const Box kept = boxOf(p, n, box, k);
        for (i32 b = threadIdx.x; b < p.count; b += blockDim.x)
            if (b == box || (left[b] > -infinity() && overlap(boxOf(p, n, b, k), kept) > p.overlap)) left[b] = -infinity();
    }
    if (threadIdx.x == 0) p.counts[blockIdx.x] = found;
}
