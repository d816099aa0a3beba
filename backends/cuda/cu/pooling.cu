// SPDX-License-Identifier: Apache-2.0
// Pooling over up to three axes. -DT=f16 -DTYPE=0 (0 maximum, 1 mean, 2 a blend of both) -DINDICES=0
// (1: where each maximum lies in the whole input, too)
#include "common.cuh"

struct Parameters {
    const T* x;
    T* y;
    i64* indices;
    u32 count;
    i32 last;  // 1: channels are innermost in memory
    FastDiv channels, output0, output1, output2;
    i32 input[3], window[3], before[3], after[3], stride[3], dilation[3];
    i32 from[5], to[5], place[5];  // steps: batch, channel, three axes; of the indices
    i32 excludePadding;
    float blend;
};

extern "C" __global__ void pool(const __grid_constant__ Parameters p) {
    awaitPrevious();
    for (u32 n = blockIdx.x * blockDim.x + threadIdx.x; n < p.count;
         n += gridDim.x * blockDim.x) {
        u32 rest = n, q;
        i32 c = 0, o[3];
        auto take = [&](const FastDiv& d) {
            q = quotient(rest, d);
            i32 r = i32(rest - q * d.divisor);
            rest = q;
            return r;
        };
        if (p.last) c = take(p.channels);
        o[2] = take(p.output2);
        o[1] = take(p.output1);
        o[0] = take(p.output0);
        if (!p.last) c = take(p.channels);
        const T* x = p.x + i32(rest) * p.from[0] + c * p.from[1];
        i32 begin[3];
        i32 padded = 1;
#pragma unroll
        for (int d = 0; d < 3; ++d) {
            begin[d] = o[d] * p.stride[d] - p.before[d];
            // Positions of the window inside the input and its padding.
            i32 end = p.input[d] + p.after[d];
            i32 fit = (end - begin[d] + p.dilation[d] - 1) / p.dilation[d];
            padded *= fit < 0 ? 0 : fit < p.window[d] ? fit : p.window[d];
        }
        float top = -infinity(), sum = 0;
        i32 inside = 0, at = -1;
        for (i32 a = 0, i = begin[0]; a < p.window[0]; ++a, i += p.dilation[0]) {
            if (i < 0 || i >= p.input[0]) continue;
            for (i32 b = 0, j = begin[1]; b < p.window[1]; ++b, j += p.dilation[1]) {
                if (j < 0 || j >= p.input[1]) continue;
                for (i32 e = 0, k = begin[2]; e < p.window[2]; ++e, k += p.dilation[2]) {
                    if (k < 0 || k >= p.input[2]) continue;
                    float v = float(get(x[i * p.from[2] + j * p.from[3] + k * p.from[4]]));
#if INDICES
                    if (at < 0 || v > top || v != v)
                        at = (i * p.input[1] + j) * p.input[2] + k;
#endif
                    top = v > top || v != v ? v : top;
                    sum += v;
                    ++inside;
                }
            }
        }
        i32 over = p.excludePadding ? inside : padded;
        float mean = over ? sum / float(over) : 0.f;
#if TYPE == 0
        float result = top;
#elif TYPE == 1
        float result = mean;
#else
        float result = (1.f - p.blend) * top + p.blend * mean;
#endif
        p.y[i32(rest) * p.to[0] + c * p.to[1] + o[0] * p.to[2] + o[1] * p.to[3] + o[2] * p.to[4]] =
            put<T>(result);
#if INDICES
        i64 plane = i64(rest) * p.channels.divisor + c;
        p.indices[i32(rest) * p.place[0] + c * p.place[1] + o[0] * p.place[2] + o[1] * p.place[3] +
                  o[2] * p.place[4]] =
            plane * p.input[0] * p.input[1] * p.input[2] + at;
#endif
    }
}
