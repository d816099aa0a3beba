// SPDX-License-Identifier: Apache-2.0
// Interpolation along any dims; what a result reads lies in lists, one for each axis. -DTX=f16
// -DNEAREST=0 (1: one element is copied)
#include "each.cuh"

typedef Register<TX>::type R;

// Result o of an axis reads entries first[o] to first[o + 1]; none: the number outside.
struct Axis {
    const i32* first;
    const i32* at;
    const double* weight;
    i64 step;
    u32 extent;
};
struct Parameters {
    const TX* x;
    TX* y;
    Axis axes[6];
    u32 count;
    i32 rank;
    float outside;
};

extern "C" __global__ void __launch_bounds__(128) resample(const __grid_constant__ Parameters p) {
    awaitPrevious();
    EACH_ITEM(p, e) {
        i32 first[6], taps[6];
        u32 left = e, total = 1;
        for (i32 d = p.rank - 1; d >= 0; --d) {
            const Axis& a = p.axes[d];
            const u32 o = left % a.extent;
            left /= a.extent;
            first[d] = a.first[o];
            taps[d] = a.first[o + 1] - first[d];
            total *= taps[d];
        }
        i64 from = 0;
#if NEAREST
        for (i32 d = 0; d < p.rank; ++d)
            if (taps[d] > 0) from += p.axes[d].at[first[d]] * p.axes[d].step;
        p.y[e] = total ? p.x[from] : put<TX>(R(p.outside));
#else
        R sum = total ? R(0) : R(p.outside);
        for (u32 n = 0; n < total; ++n) {
            double weight = 1;
            left = n, from = 0;
            for (i32 d = p.rank - 1; d >= 0; --d) {
                const i32 k = first[d] + i32(left % taps[d]);
                left /= taps[d];
                weight *= p.axes[d].weight[k];
                from += p.axes[d].at[k] * p.axes[d].step;
            }
            sum += R(weight) * get(p.x[from]);
        }
        p.y[e] = put<TX>(sum);
#endif
    }
}
