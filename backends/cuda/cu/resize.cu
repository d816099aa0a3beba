// SPDX-License-Identifier: Apache-2.0
// Interpolation of up to three spatial dims; what a result reads lies in tables, one an axis.
// -DT=f16 -DNEAREST=0 (1: one element is copied); V neighbours are resized alike: channels.
#include "math.cuh"

struct Tap {
    i32 count, index[4];
    float weight[4];
};
struct Parameters {
    const T* x;
    T* y;
    const Tap* taps[3];
    FastDiv inner, columns, rows, planes;  // vectors of a pixel, and the results' extents
    u32 count;
    i32 inPlanes, inRows, inColumns;
};

extern "C" __global__ void __launch_bounds__(128) resize(const __grid_constant__ Parameters p) {
    awaitPrevious();
    typedef Vec<T, V> Part;
    for (u32 n = blockIdx.x * blockDim.x + threadIdx.x; n < p.count; n += gridDim.x * blockDim.x) {
        u32 pixel = quotient(n, p.inner), c = n - pixel * p.inner.divisor;
        u32 line = quotient(pixel, p.columns), column = pixel - line * p.columns.divisor;
        u32 plane = quotient(line, p.rows), row = line - plane * p.rows.divisor;
        u32 image = quotient(plane, p.planes);
        const Tap &z = p.taps[0][plane - image * p.planes.divisor], &v = p.taps[1][row], &h = p.taps[2][column];
        const Part* x = (const Part*)p.x + i64(image) * p.inPlanes * p.inRows * p.inColumns * p.inner.divisor + c;
        auto at = [&](i32 a, i32 b, i32 d) {
            return x[(i64(z.index[a] * p.inRows + v.index[b]) * p.inColumns + h.index[d]) * p.inner.divisor];
        };
#if NEAREST
        ((Part*)p.y)[n] = at(0, 0, 0);
#else
        float sum[V] = {};
        for (i32 a = 0; a < z.count; ++a)
            for (i32 b = 0; b < v.count; ++b)
                for (i32 d = 0; d < h.count; ++d) {
                    Part part = at(a, b, d);
                    float weight = z.weight[a] * v.weight[b] * h.weight[d];
#pragma unroll
                    for (int e = 0; e < V; ++e) sum[e] += weight * get(part.v[e]);
                }
        Part y;
#pragma unroll
        for (int e = 0; e < V; ++e) y.v[e] = put<T>(sum[e]);
        ((Part*)p.y)[n] = y;
#endif
    }
}
