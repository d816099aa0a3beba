// SPDX-License-Identifier: Apache-2.0
// What compute capability 9.0 alone has: tiles that the copy engine brings, barriers that count its
// bytes, and products of a warpgroup (128 threads) whose operands lie in shared memory.
#pragma once
#include "mma.cuh"

struct __align__(64) TensorMap {
    u64 opaque[16];
};

__device__ __forceinline__ void startBarrier(u64* b, u32 arrivals) {
    asm volatile("mbarrier.init.shared::cta.b64 [%0], %1;" ::"r"(sharedAddress(b)), "r"(arrivals) : "memory");
}
// The copy engine sees the barriers.
__device__ __forceinline__ void barriersStarted() {
    asm volatile("fence.mbarrier_init.release.cluster;\n\tfence.proxy.async;" ::: "memory");
}
__device__ __forceinline__ void expectBytes(u64* b, u32 bytes) {
    asm volatile("mbarrier.arrive.expect_tx.shared::cta.b64 _, [%0], %1;" ::"r"(sharedAddress(b)), "r"(bytes) : "memory");
}
__device__ __forceinline__ void arrive(u64* b) {
    asm volatile("mbarrier.arrive.shared::cta.b64 _, [%0];" ::"r"(sharedAddress(b)) : "memory");
}
__device__ __forceinline__ void awaitPhase(u64* b, u32 parity) {
    asm volatile(
        "{\n\t.reg .pred there;\n\tAGAIN:\n\t"
        "mbarrier.try_wait.parity.shared::cta.b64 there, [%0], %1;\n\t"
        "@there bra DONE;\n\tbra AGAIN;\n\tDONE:\n\t}" ::"r"(sharedAddress(b)),
        "r"(parity)
        : "memory");
}

// What this thread wrote to shared memory is there for products and the copy engine.
__device__ __forceinline__ void sharedWritten() { asm volatile("fence.proxy.async.shared::cta;" ::: "memory"); }

// Two groups of threads that meet, so many together: one waits, the other goes on.
template <int Threads> __device__ __forceinline__ void meet(u32 barrier) {
    asm volatile("bar.sync %0, %1;" ::"r"(barrier), "n"(Threads) : "memory");
}
template <int Threads> __device__ __forceinline__ void letGo(u32 barrier) {
    asm volatile("bar.arrive %0, %1;" ::"r"(barrier), "n"(Threads) : "memory");
}

// The tile of a matrix whose first element is in that column and row.
__device__ __forceinline__ void bring(void* to, const TensorMap& map, u64* b, i32 column, i32 row) {
    asm volatile(
        "cp.async.bulk.tensor.2d.shared::cluster.global.mbarrier::complete_tx::bytes [%0], [%1, {%3, %4}], [%2];" ::"r"(
            sharedAddress(to)),
        "l"(&map), "r"(sharedAddress(b)), "r"(column), "r"(row)
        : "memory");
}
// One pixel a row: those of an image (columns and rows apart by the map's steps) from that one on, each as far from it as
// (x, y) says; behind the last row and the last image it goes on by itself.
__device__ __forceinline__ void bringPixels(void* to, const TensorMap& map, u64* b, i32 channel, i32 left, i32 top, i32 image, u16 x,
                                            u16 y) {
    asm volatile(
        "cp.async.bulk.tensor.4d.shared::cluster.global.im2col.mbarrier::complete_tx::bytes "
        "[%0], [%1, {%3, %4, %5, %6}], [%2], {%7, %8};" ::"r"(sharedAddress(to)),
        "l"(&map), "r"(sharedAddress(b)), "r"(channel), "r"(left), "r"(top), "r"(image), "h"(x), "h"(y)
        : "memory");
}
// The tile of a matrix into the memory of all blocks of the cluster that `blocks` has a bit for, each one's barrier told.
__device__ __forceinline__ void bringToAll(void* to, const TensorMap& map, u64* b, i32 column, i32 row, u16 blocks) {
    asm volatile(
        "cp.async.bulk.tensor.2d.shared::cluster.global.mbarrier::complete_tx::bytes.multicast::cluster "
        "[%0], [%1, {%3, %4}], [%2], %5;" ::"r"(sharedAddress(to)),
        "l"(&map), "r"(sharedAddress(b)), "r"(column), "r"(row), "h"(blocks)
        : "memory");
}
// Arrives at the barrier of the block of that rank. Without a word on its scope: a release to the cluster
// waits for all memory each time, and what is told here is that reading has ended.
__device__ __forceinline__ void arriveAt(u64* b, u32 rank) {
    asm volatile(
        "{\n\t.reg .b32 there;\n\tmapa.shared::cluster.u32 there, %0, %1;\n\t"
        "mbarrier.arrive.shared::cluster.b64 _, [there];\n\t}" ::"r"(sharedAddress(b)),
        "r"(rank)
        : "memory");
}
// Operand of 64 16-bit elements a row, as the copy engine lays it out: 128 bytes a row, swizzled.
__device__ __forceinline__ u64 operandAt(const void* p) {
    return u64((sharedAddress(p) & 0x3ffff) >> 4) | u64(1) << 16 | u64(64) << 32 | u64(1) << 62;
}
__device__ __forceinline__ void beginProducts() { asm volatile("wgmma.fence.sync.aligned;" ::: "memory"); }
__device__ __forceinline__ void commitProducts() { asm volatile("wgmma.commit_group.sync.aligned;" ::: "memory"); }
template <int Left> __device__ __forceinline__ void awaitProducts() {
    asm volatile("wgmma.wait_group.sync.aligned %0;" ::"n"(Left) : "memory");
}
template <int Registers> __device__ __forceinline__ void takeRegisters() {
    asm volatile("setmaxnreg.inc.sync.aligned.u32 %0;" ::"n"(Registers));
}
template <int Registers> __device__ __forceinline__ void giveRegisters() {
    asm volatile("setmaxnreg.dec.sync.aligned.u32 %0;" ::"n"(Registers));
}
