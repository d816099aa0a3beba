// SPDX-License-Identifier: Apache-2.0
// Attention over up to 256 keys on compute capability 9.0: a warpgroup has all keys and values of a head
// in shared memory and the scores of 64 queries in registers, so that softmax needs one pass.
// The including text defines T, KEYS (a multiple of 16), FIXED (the number of keys, 0: p.keys),
// MASKED as attention_core.cuh, CAUSAL, ZERO_HIDDEN (queries that see no key give 0), score() and mix().
#pragma once
#include "bulk.cuh"

#define WIDTH 64  // of a head: 128 bytes a row
#define QUERIES 64

struct Parameters {
    TensorMap q, k, v;
    const T* mask;
    T* y;
    i32 queries, keys, heads, tiles;  // tiles: of 64 queries, for one block
    float scale;                      // times log2(e)
    i32 keyHeads, keyImages;          // 0: one for all
    i64 ys[3], ms[4];                 // steps in elements: image, head, row; the mask's also column
};

struct __align__(1024) Memory {
    T keys[KEYS][WIDTH], values[KEYS][WIDTH], queries[2][QUERIES][WIDTH];
    u64 keysThere, valuesThere, queriesThere[2];
};

__device__ __forceinline__ void bringHead(void* to, const TensorMap& map, u64* b, i32 row, i32 head, i32 image) {
    asm volatile(
        "cp.async.bulk.tensor.4d.shared::cluster.global.mbarrier::complete_tx::bytes [%0], [%1, {%3, %4, %5, %6}], "
        "[%2];" ::"r"(sharedAddress(to)),
        "l"(&map), "r"(sharedAddress(b)), "r"(0), "r"(row), "r"(head), "r"(image)
        : "memory");
}
__device__ __forceinline__ float exp2Fast(float x) {
    float r;
    asm("ex2.approx.ftz.f32 %0, %1;" : "=f"(r) : "f"(x));
    return r;
}

// Scores of two rows a thread become weights; gives what they sum to.
__device__ __forceinline__ void weigh(const Parameters& p, float (&s)[KEYS / 2], float (&total)[2], i32 row, i32 image, i32 head) {
    const i32 member = threadIdx.x % 4, keys = FIXED ? FIXED : p.keys;
    const T* mask = p.mask + image * p.ms[0] + head * p.ms[1];
    float best[2] = {-infinity(), -infinity()};
#pragma unroll
    for (int n = 0; n < KEYS / 8; ++n)
#pragma unroll
        for (int c = 0; c < 2; ++c) {
            const i32 column = n * 8 + member * 2 + c;
            // Columns below 8 * n + 8 are there without a look where the number of keys is known.
            const bool there = (FIXED >= n * 8 + 8) || column < keys;
            float common = 0;
            if (MASKED == 2 && there) common = 1.4426950408889634f * get(mask[column * p.ms[3]]);
#pragma unroll
            for (int h = 0; h < 2; ++h) {
                float& x = s[n * 4 + h * 2 + c];
                const i32 query = row + h * 8;
                bool seen = there;
                if (CAUSAL) seen = seen && column <= query + keys - p.queries;
                x = x * p.scale + common;
                if (MASKED == 1 && seen && query < p.queries)
                    x += 1.4426950408889634f * get(mask[query * p.ms[2] + column * p.ms[3]]);
                x = seen ? x : -infinity();
                best[h] = fmaxf(best[h], x);
            }
        }
#pragma unroll
    for (int h = 0; h < 2; ++h) {
        best[h] = fmaxf(best[h], __shfl_xor_sync(~0u, best[h], 1));
        best[h] = fmaxf(best[h], __shfl_xor_sync(~0u, best[h], 2));
        best[h] = best[h] == -infinity() ? 0.f : best[h];
        total[h] = 0;
    }
#pragma unroll
    for (int n = 0; n < KEYS / 8; ++n)
#pragma unroll
        for (int c = 0; c < 4; ++c) {
            s[n * 4 + c] = exp2Fast(s[n * 4 + c] - best[c / 2]);
            total[c / 2] += s[n * 4 + c];
        }
#pragma unroll
    for (int h = 0; h < 2; ++h) {
        total[h] += __shfl_xor_sync(~0u, total[h], 1);
        total[h] += __shfl_xor_sync(~0u, total[h], 2);
    }
}

// Weights times values.
__device__ __forceinline__ void mixValues(const Memory& memory, const float (&s)[KEYS / 2], float (&out)[WIDTH / 2]) {
    u32 w[KEYS / 16][4];
#pragma unroll
    for (int i = 0; i < KEYS / 16; ++i)
#pragma unroll
        for (int r = 0; r < 4; ++r) w[i][r] = Mma<T>::pair(s[i * 8 + r * 2], s[i * 8 + r * 2 + 1]);
    const u64 values = operandAt(memory.values);
    beginProducts();
#pragma unroll
    for (int i = 0; i < KEYS / 16; ++i) mix(out, w[i], values + i * (16 * WIDTH * 2 / 16), i > 0);
    commitProducts();
    awaitProducts<0>();
#pragma unroll
    for (int i = 0; i < KEYS / 16; ++i)  // registers are read until here
#pragma unroll
        for (int r = 0; r < 4; ++r) asm volatile("" ::"r"(w[i][r]));
}

// 16 rows of a warp by way of shared memory: whole rows are written at once.
__device__ __forceinline__ void writeRows(const Parameters& p, T (*rows)[WIDTH], const float (&out)[WIDTH / 2], const float (&total)[2],
                                          i32 firstQuery, T* y) {
    const i32 lane = threadIdx.x % 32, own = threadIdx.x / 32 * 16;
    float scale[2];
#pragma unroll
    for (int h = 0; h < 2; ++h) scale[h] = ZERO_HIDDEN && total[h] == 0.f ? 0.f : 1.f / total[h];
    auto chunkAt = [&](i32 row, i32 chunk) { return &rows[row][(chunk ^ (row & 7)) * 8]; };
#pragma unroll
    for (int j = 0; j < WIDTH / 8; j += 2)
        storeMatrices(chunkAt(own + lane % 16, j + lane / 16), Mma<T>::pair(out[4 * j] * scale[0], out[4 * j + 1] * scale[0]),
                      Mma<T>::pair(out[4 * j + 2] * scale[1], out[4 * j + 3] * scale[1]),
                      Mma<T>::pair(out[4 * j + 4] * scale[0], out[4 * j + 5] * scale[0]),
                      Mma<T>::pair(out[4 * j + 6] * scale[1], out[4 * j + 7] * scale[1]));
    __syncwarp();
#pragma unroll
    for (int i = 0; i < 4; ++i) {
        const i32 row = own + i * 4 + lane / 8, chunk = lane % 8;
        if (firstQuery + row < p.queries)
            *(Vec<T, 8>*)(y + (firstQuery + row) * p.ys[2] + chunk * 8) = *(const Vec<T, 8>*)chunkAt(row, chunk);
    }
}

__device__ __forceinline__ void attend(const Parameters& p) {
    extern __shared__ u8 bytes[];
    Memory& memory = *(Memory*)(bytes + (1024 - sharedAddress(bytes) % 1024) % 1024);
    const i32 image = blockIdx.y / p.heads, head = blockIdx.y % p.heads;
    const i32 first = blockIdx.x * p.tiles, last = min(first + p.tiles, (p.queries + QUERIES - 1) / QUERIES);
    auto bringQueries = [&](i32 tile) {
        u64* there = &memory.queriesThere[(tile - first) % 2];
        expectBytes(there, sizeof memory.queries[0]);
        bringHead(memory.queries[(tile - first) % 2], p.q, there, tile * QUERIES, head, image);
    };
    if (threadIdx.x == 0) {
        for (u64* b : {&memory.keysThere, &memory.valuesThere, &memory.queriesThere[0], &memory.queriesThere[1]}) startBarrier(b, 1);
        barriersStarted();
    }
    __syncthreads();
    awaitPrevious();
    if (threadIdx.x == 0) {
        expectBytes(&memory.keysThere, sizeof memory.keys);
        bringHead(memory.keys, p.k, &memory.keysThere, 0, head * p.keyHeads, image * p.keyImages);
        bringQueries(first);
        expectBytes(&memory.valuesThere, sizeof memory.values);
        bringHead(memory.values, p.v, &memory.valuesThere, 0, head * p.keyHeads, image * p.keyImages);
    }
#pragma unroll 1
    for (i32 tile = first; tile < last; ++tile) {
        const i32 turn = tile - first;
        T(*queries)[WIDTH] = memory.queries[turn % 2];
        if (threadIdx.x == 0 && tile + 1 < last) bringQueries(tile + 1);
        awaitPhase(&memory.queriesThere[turn % 2], turn / 2 & 1);
        awaitPhase(&memory.keysThere, 0);
        float s[KEYS / 2], out[WIDTH / 2], total[2];
        const u64 a = operandAt(queries), b = operandAt(memory.keys);
        beginProducts();
#pragma unroll
        for (int d = 0; d < WIDTH / 16; ++d) score(s, a + d * 2, b + d * 2, d > 0);
        commitProducts();
        awaitProducts<0>();
        __syncthreads();  // nobody reads these queries any more: results go through their memory
        weigh(p, s, total, tile * QUERIES + i32(threadIdx.x / 32) * 16 + i32(threadIdx.x % 32) / 4, image, head);
        awaitPhase(&memory.valuesThere, 0);
        mixValues(memory, s, out);
        writeRows(p, queries, out, total, tile * QUERIES, p.y + image * p.ys[0] + head * p.ys[1]);
        asm volatile("fence.proxy.async;" ::: "memory");
        __syncthreads();  // the copy engine may fill that memory again
    }
}
