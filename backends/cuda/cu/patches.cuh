// SPDX-License-Identifier: Apache-2.0
// Patches of images [image, CHANNELS, height, width] as rows of a product: windows of KERNEL_Y x KERNEL_X that lie side
// by side, their values in the order in which the weights have them. PIECE neighbours (8, 4 or 2) are copied at once.
// The including text defines those constants and T.
#pragma once
#include "mma.cuh"

const int PIECES = 8 / PIECE;  // of a chunk of 8 values
const int PATCH = CHANNELS * KERNEL_Y * KERNEL_X;

// PIECE elements to shared memory in the background; zeros when `there` is false.
__device__ __forceinline__ void copyPiece(T* to, const T* from, bool there) {
    if (PIECE == 8)
        copyChunk(to, from, there);
    else
        asm volatile("cp.async.ca.shared.global [%0], [%1], %2, %3;" ::"r"(sharedAddress(to)), "l"(from),
                     "n"(PIECE == 8 ? 4 : PIECE * 2), "r"(there ? PIECE * 2 : 0)
                     : "memory");
}

// Where the patch of row `m` begins, in pieces. `pixels`, `columns`: patches of an image, of a line.
__device__ __forceinline__ u32 patchAt(u32 m, const FastDiv& pixels, const FastDiv& columns, i32 height, i32 width) {
    const u32 image = quotient(m, pixels), pixel = m - image * pixels.divisor, line = quotient(pixel, columns);
    return (image * CHANNELS * height + line * KERNEL_Y) * (width / PIECE) + (pixel - line * columns.divisor) * (KERNEL_X / PIECE);
}

// A chunk of every patch, from value `k` on.
struct PatchChunk {
    u32 at[PIECES];  // in pieces from the patch's beginning
    bool inside[PIECES];

    __device__ __forceinline__ PatchChunk(i32 k, i32 height, i32 width) {
#pragma unroll
        for (int i = 0; i < PIECES; ++i) {
            const u32 e = k + i * PIECE, line = e / KERNEL_X, channel = line / KERNEL_Y;
            inside[i] = e < PATCH;
            at[i] = (channel * height + line - channel * KERNEL_Y) * (width / PIECE) + (e - line * KERNEL_X) / PIECE;
        }
    }
    // `there`: whether there is such a patch.
    __device__ __forceinline__ void copy(T* to, const T* images, u32 patch, bool there) const {
#pragma unroll
        for (int i = 0; i < PIECES; ++i) {
            const bool take = there && inside[i];
            copyPiece(to + i * PIECE, images + (take ? u64(patch + at[i]) * PIECE : 0), take);
        }
    }
};
