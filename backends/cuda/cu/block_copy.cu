// SPDX-License-Identifier: Apache-2.0
// Elements of one dim gathered into blocks that lie innermost; lanes past its extent are zero.
// -DFROM=f16 -DTO=f16 -DBLOCK=4
#include "walk.cuh"

struct Parameters {
    const FROM* from;
    TO* to;
    Loops<3> loops;  // target, source, first element of the block
    i32 extent, step;  // of the blocked dim, in the source
};

extern "C" __global__ void copy_blocks(const __grid_constant__ Parameters p) {
    awaitPrevious();
    for (u32 n = blockIdx.x * blockDim.x + threadIdx.x; n < p.loops.count;
         n += gridDim.x * blockDim.x) {
        i32 at[3];
        locate(p.loops, n, at);
        Vec<TO, BLOCK> y;
#pragma unroll
        for (int v = 0; v < BLOCK; ++v) {
            bool in = at[2] + v < p.extent;
            y.v[v] = put<TO>(in ? get(p.from[at[1] + v * p.step]) : Register<FROM>::type(0));
        }
        *(Vec<TO, BLOCK>*)(p.to + at[0]) = y;
    }
}
