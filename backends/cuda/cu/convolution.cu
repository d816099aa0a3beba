// SPDX-License-Identifier: Apache-2.0
// A convolution as a product over gathered windows; the text of the epilogue comes before this.
// -DTX=f16 -DTW=f16
#include "tile_gemm.cuh"

struct Parameters {
    const TX* x;
    const TW* w;  // [K, C / groups, window] row-major
    i32 m, n, k;  // batch * output positions, channels of a group's result, C / groups * window
    i32 input[3], before[3], stride[3], dilation[3];
    i32 step[5];  // of x: batch, channel, three axes
    i32 groups, channels;  // of a group's input
    FastDiv outputs, output1, output2;  // all positions, the last two axes of the output
    FastDiv window, window1, window2;   // all positions of the window, its last two axes
    FastDiv tilesN;
    Epilogue epilogue;
};

extern "C" __global__ void __launch_bounds__(256) convolve(const __grid_constant__ Parameters p) {
    awaitPrevious();
    i32 group = blockIdx.y;
    u32 blockM = quotient(blockIdx.x, p.tilesN), blockN = blockIdx.x - blockM * p.tilesN.divisor;
    auto place = [&](u32 i, const FastDiv& last, const FastDiv& middle, i32 (&at)[3]) {
        u32 q = quotient(i, last);
        at[2] = i32(i - q * last.divisor);
        u32 r = quotient(q, middle);
        at[1] = i32(q - r * middle.divisor);
        at[0] = i32(r);
    };
    tileProduct(
        p.m, p.n, p.k, blockM, blockN,
        [&](i32 m, i32 k) {
            u32 b = quotient(m, p.outputs), c = quotient(k, p.window);
            i32 o[3], w[3];
            place(m - b * p.outputs.divisor, p.output2, p.output1, o);
            place(k - c * p.window.divisor, p.window2, p.window1, w);
            i32 at = i32(b) * p.step[0] + (group * p.channels + i32(c)) * p.step[1];
            bool in = true;
#pragma unroll
            for (int d = 0; d < 3; ++d) {
                i32 i = o[d] * p.stride[d] - p.before[d] + w[d] * p.dilation[d];
                in = in && i >= 0 && i < p.input[d];
                at += i * p.step[2 + d];
            }
            return in ? float(get(p.x[at])) : 0.f;
        },
        [&](i32 k, i32 n) { return float(get(p.w[(group * p.n + n) * p.k + k])); },
        [&](i32 m, i32 n, float sum) {
            u32 b = quotient(m, p.outputs);
            u32 position = m - b * p.outputs.divisor;
            u32 channel = b * u32(p.groups * p.n) + u32(group * p.n + n);
            finish(p.epilogue, channel * p.outputs.divisor + position, sum);
        });
}
