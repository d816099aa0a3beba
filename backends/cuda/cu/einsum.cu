// SPDX-License-Identifier: Apache-2.0
// Einstein sums as loops over labels: -DTX=f16
#include "each.cuh"

typedef Register<TX>::type R;

// n: labels of the result, labels that are summed, operands, terms of a sum; from 4 the extents of
// up to 8 labels, the result's first; from 12 the steps of up to 4 operands over them, 8 each.
extern "C" __global__ void einsum(const __grid_constant__ Each p) {
    awaitPrevious();
    const i32 outer = i32(p.n[0]), labels = outer + i32(p.n[1]), operands = i32(p.n[2]);
    EACH_ITEM(p, e) {
        i64 base[4] = {};
        u32 left = e;
        for (i32 d = outer - 1; d >= 0; --d) {
            const u32 extent = u32(p.n[4 + d]), at = left % extent;
            left /= extent;
            for (i32 i = 0; i < operands; ++i) base[i] += at * p.n[12 + 8 * i + d];
        }
        R sum = 0;
        for (i64 t = 0; t < p.n[3]; ++t) {
            i64 at[4] = {base[0], base[1], base[2], base[3]}, rest = t;
            for (i32 d = labels - 1; d >= outer; --d) {
                const i64 k = rest % p.n[4 + d];
                rest /= p.n[4 + d];
                for (i32 i = 0; i < operands; ++i) at[i] += k * p.n[12 + 8 * i + d];
            }
            R product = 1;
            for (i32 i = 0; i < operands; ++i) product *= get(((const TX*)p.in[i])[at[i]]);
            sum += product;
        }
        ((TX*)p.out[0])[e] = put<TX>(sum);
    }
}
