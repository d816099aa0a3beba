// SPDX-License-Identifier: Apache-2.0
// Elements that go where indices say, or stay where a rule says. -DTX=f16 (elements) -DTI=i64
// (indices, lengths, a diagonal) -DREDUCTION=0 (0 none, 1 add, 2 mul, 3 max, 4 min) -DUPPER=1
#include "each.cuh"

// n: elements behind a coordinate, its length, coordinates a batch, elements of a batch; from 8 the
// extents that it counts in, from 16 their steps.
extern "C" __global__ void gather_nd(const __grid_constant__ Each p) {
    awaitPrevious();
    EACH_ITEM(p, e) {
        const u32 inner = u32(p.n[0]), k = e / inner;
        const TI* at = (const TI*)p.in[1] + i64(k) * p.n[1];
        i64 from = k / u32(p.n[2]) * p.n[3] + (e - k * inner);
        bool ok = true;
        for (i32 j = 0; j < i32(p.n[1]); ++j) {
            i64 i = inside(i64(at[j]), p.n[8 + j]);
            ok = ok && i >= 0;
            from += i * p.n[16 + j];
        }
        ((TX*)p.out[0])[e] = ok ? ((const TX*)p.in[0])[from] : TX{};
    }
}

extern "C" __global__ void copy_data(const __grid_constant__ Each p) {
    awaitPrevious();
    EACH_ITEM(p, e) ((TX*)p.out[0])[e] = ((const TX*)p.in[0])[e];
}

__device__ __forceinline__ void combine(TX& to, const TX& update) {
#if REDUCTION == 0
    to = update;
#else
    typedef Register<TX>::type R;
    R a = get(to), b = get(update);
#if REDUCTION == 1
    R r = a + b;
#elif REDUCTION == 2
    R r = a * b;
#elif REDUCTION == 3
    R r = a != a || b != b ? a + b : a > b ? a : b;
#else
    R r = a != a || b != b ? a + b : a < b ? a : b;
#endif
    to = put<TX>(r);
#endif
}

// A thread a line of indices along the axis, in order: equal places are written one after the other.
// n: rank, axis; from 8 the indices' extents, from 16 the data's, from 24 its steps, from 32 the
// indices' steps.
extern "C" __global__ void scatter_elements(const __grid_constant__ Each p) {
    awaitPrevious();
    EACH_ITEM(p, line) {
        const i32 rank = i32(p.n[0]), axis = i32(p.n[1]);
        i64 to = 0, from = 0;
        bool ok = true;
        u32 left = line;
        for (i32 d = rank - 1; d >= 0; --d) {
            if (d == axis) continue;
            const u32 extent = u32(p.n[8 + d]), i = left % extent;
            left /= extent;
            ok = ok && i < p.n[16 + d];
            to += i * p.n[24 + d];
            from += i * p.n[32 + d];
        }
        for (i64 i = 0; ok && i < p.n[8 + axis]; ++i) {
            const i64 at = from + i * p.n[32 + axis];
            const i64 place = inside(i64(((const TI*)p.in[1])[at]), p.n[16 + axis]);
            if (place >= 0) combine(((TX*)p.out[0])[to + place * p.n[24 + axis]], ((const TX*)p.in[2])[at]);
        }
    }
}

// n: elements behind a coordinate, its length, how many; from 8 the extents, from 16 their steps.
__device__ __forceinline__ i64 placeOf(const Each& p, i64 k) {
    const TI* at = (const TI*)p.in[1] + k * p.n[1];
    i64 to = 0;
    for (i32 j = 0; j < i32(p.n[1]); ++j) {
        i64 i = inside(i64(at[j]), p.n[8 + j]);
        if (i < 0) return -1;
        to += i * p.n[16 + j];
    }
    return to;
}

// With a reduction a thread walks all updates of its element in order, so that sums do not depend
// on chance; without one each update is a thread's.
extern "C" __global__ void scatter_nd(const __grid_constant__ Each p) {
    awaitPrevious();
    const u32 inner = u32(p.n[0]);
    EACH_ITEM(p, e) {
#if REDUCTION == 0
        const u32 k = e / inner, i = e - k * inner;
        const i64 to = placeOf(p, k);
        if (to >= 0) combine(((TX*)p.out[0])[to + i], ((const TX*)p.in[2])[e]);
#else
        for (i64 k = 0; k < p.n[2]; ++k) {
            const i64 to = placeOf(p, k);
            if (to >= 0) combine(((TX*)p.out[0])[to + e], ((const TX*)p.in[2])[k * inner + e]);
        }
#endif
    }
}

// n: depth, elements behind the new axis.
extern "C" __global__ void one_hot(const __grid_constant__ Each p) {
    awaitPrevious();
    EACH_ITEM(p, e) {
        const u32 depth = u32(p.n[0]), inner = u32(p.n[1]);
        const u32 row = e / inner, d = row % depth, outer = row / depth;
        i64 i = i64(get(((const TI*)p.in[0])[outer * inner + e % inner]));
        if (i < 0) i += depth;
        ((TX*)p.out[0])[e] = ((const TX*)p.in[1])[i == i64(d) ? 1 : 0];
    }
}

// n: rows, columns.
extern "C" __global__ void trilu(const __grid_constant__ Each p) {
    awaitPrevious();
    const i64 k = p.in[1] ? i64(((const TI*)p.in[1])[0]) : 0;
    EACH_ITEM(p, e) {
        const u32 columns = u32(p.n[1]), row = e / columns;
        const i64 distance = i64(e - row * columns) - i64(row % u32(p.n[0]));
        const bool kept = UPPER ? distance >= k : distance <= k;
        ((TX*)p.out[0])[e] = kept ? ((const TX*)p.in[0])[e] : TX{};
    }
}

// n: extent and step of the batch, of the sequence.
extern "C" __global__ void reverse_sequence(const __grid_constant__ Each p) {
    awaitPrevious();
    EACH_ITEM(p, e) {
        const u32 b = e / u32(p.n[1]) % u32(p.n[0]), s = e / u32(p.n[3]) % u32(p.n[2]);
        const i64 length = i64(((const TI*)p.in[1])[b]);
        const i64 from = s < length ? i64(e) + (length - 1 - 2 * i64(s)) * p.n[3] : i64(e);
        ((TX*)p.out[0])[e] = ((const TX*)p.in[0])[from];
    }
}

// A window of the cache, n: elements of a batch, of a row, rows of the cache, of the update.
extern "C" __global__ void tensor_scatter(const __grid_constant__ Each p) {
    awaitPrevious();
    EACH_ITEM(p, e) {
        const u32 inner = u32(p.n[1]), line = e / inner, o = line / u32(p.n[3]);
        i64 at = line % u32(p.n[3]);
        if (p.in[2]) at += i64(((const TI*)p.in[2])[o / u32(p.n[0])]);
#if CIRCULAR
        at = (at % p.n[2] + p.n[2]) % p.n[2];
#endif
        if (at >= 0 && at < p.n[2])
            ((TX*)p.out[0])[(i64(o) * p.n[2] + at) * inner + e % inner] = ((const TX*)p.in[1])[e];
    }
}

// The extents of a tensor.
extern "C" __global__ void shape(const __grid_constant__ Each p) {
    awaitPrevious();
    EACH_ITEM(p, e) ((i64*)p.out[0])[e] = p.n[e];
}
