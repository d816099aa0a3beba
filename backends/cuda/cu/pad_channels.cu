// SPDX-License-Identifier: Apache-2.0
// A tensor of any strides as pixels of BLOCK channels, the missing ones zero. A thread writes one
// block.
#include "common.cuh"

struct Parameters {
    const T* x;
    T* y;
    u32 count;              // blocks in all
    i32 channels;
    FastDiv blocks, pixels;  // blocks per pixel, pixels per image
    FastDiv extent[2];       // of the inner two spatial dims
    i64 image, channel, step[3];
};

extern "C" __global__ void pad_channels(const __grid_constant__ Parameters p) {
    awaitPrevious();
    u32 n = blockIdx.x * blockDim.x + threadIdx.x;
    if (n >= p.count) return;
    u32 pixel = quotient(n, p.blocks), c = (n - pixel * p.blocks.divisor) * BLOCK;
    u32 image = quotient(pixel, p.pixels), at = pixel - image * p.pixels.divisor;
    u32 row = quotient(at, p.extent[1]), i2 = at - row * p.extent[1].divisor;
    u32 i0 = quotient(row, p.extent[0]), i1 = row - i0 * p.extent[0].divisor;
    const T* from = p.x + image * p.image + i0 * p.step[0] + i1 * p.step[1] + i2 * p.step[2];
    Vec<T, BLOCK> v;
#pragma unroll
    for (int k = 0; k < BLOCK; ++k) {
        if (i32(c) + k < p.channels)
            v.v[k] = from[(c + k) * p.channel];
        else
            v.v[k] = T();
    }
    *(Vec<T, BLOCK>*)(p.y + i64(n) * BLOCK) = v;
}
