// SPDX-License-Identifier: Apache-2.0
// Real numbers to a small type by scale and zero point, and back; eight elements a thread.
// -DTX=f32 (operand) -DTS=f32 (scale) -DTZ=i8 (zero point) -DTQ=i8 (result) -DZERO=1 (there is one)
// -DWHOLE=1 (the small type is one of integers)
#include "each.cuh"
#include "small.cuh"

// Which of the scales: n[1] of them, n[2] neighbours share one.
__device__ __forceinline__ u32 scaleOf(const Each& p, u32 e) {
    return p.n[1] == 1 ? 0 : e / u32(p.n[2]) % u32(p.n[1]);
}

extern "C" __global__ void quantize(const __grid_constant__ Each p) {
    awaitPrevious();
    EACH_ITEM(p, item) {
        const u32 first = item * 8, left = u32(p.n[0]) - first, n = left < 8 ? left : 8;
        float v[8] = {};
        for (u32 k = 0; k < n; ++k) {
            u32 i = scaleOf(p, first + k);
            float q = float(Element<TX>::read(p.in[0], first + k)) / float(Element<TS>::read(p.in[1], i));
#if WHOLE
            q = rintf(q);
#endif
#if ZERO
            q += float(Element<TZ>::read(p.in[2], i));
#endif
            v[k] = q;
        }
        Element<TQ>::write(p.out[0], first, n, v, true);
    }
}

extern "C" __global__ void dequantize(const __grid_constant__ Each p) {
    awaitPrevious();
    EACH_ITEM(p, item) {
        const u32 first = item * 8, left = u32(p.n[0]) - first, n = left < 8 ? left : 8;
        double v[8] = {};
        for (u32 k = 0; k < n; ++k) {
            u32 i = scaleOf(p, first + k);
            double q = double(Element<TX>::read(p.in[0], first + k));
#if ZERO
            q -= double(Element<TZ>::read(p.in[2], i));
#endif
            v[k] = q * double(Element<TS>::read(p.in[1], i));
        }
        Element<TQ>::write(p.out[0], first, n, v, true);
    }
}
