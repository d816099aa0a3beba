// SPDX-License-Identifier: Apache-2.0
// RNN, GRU and LSTM over a sequence: a block walks one direction of one batch entry, a warp a row of
// the weights at a time. -DTX=f16 -DTI=i32 (lengths) -DKIND=0 (0 RNN, 1 GRU, 2 LSTM) -DBEFORE=0 (GRU:
// linear before reset) -DTIED=0 (LSTM: input and forget gate are one). In front of this text stands
// activate(which, v): the functions of both directions, three each.
#include "math.cuh"

struct Parameters {
    const TX *x, *w, *r, *bias, *first[2], *peephole;  // first: hidden and cell state
    const TI* lengths;
    TX *y, *last[2];
    i32 steps, batch, input, hidden;
    i32 layout, reverse, directions;  // layout 1: batch first
    float clip;
};
const int kGates = KIND == 0 ? 1 : KIND == 1 ? 3 : 4;

// m v over one row of a matrix, in every lane.
__device__ __forceinline__ R row(const TX* m, const R* v, i32 n) {
    R sum = 0;
    for (i32 k = threadIdx.x % 32; k < n; k += 32) sum += get(m[k]) * v[k];
#pragma unroll
    for (int d = 16; d > 0; d /= 2) sum += __shfl_xor_sync(~0u, sum, d);
    return sum;
}

__device__ __forceinline__ R gate(const Parameters& p, int which, R v) {
    if (p.clip > 0) v = v > R(p.clip) ? R(p.clip) : v < R(-p.clip) ? R(-p.clip) : v;
    return activate(which, v);
}

// out[i] = add[i] + m v + bias, rows shared out among warps.
__device__ __forceinline__ void rows(const TX* m, const R* v, i32 columns, i32 count, const TX* bias, const R* add, R* out) {
    for (i32 i = threadIdx.x / 32; i < count; i += blockDim.x / 32) {
        R sum = row(m + i64(i) * columns, v, columns);
        if (threadIdx.x % 32 == 0) out[i] = sum + (add ? add[i] : R(0)) + (bias ? get(bias[i]) : R(0));
    }
    __syncthreads();
}

__device__ __forceinline__ void stepRnn(const Parameters& p, const TX* r, const TX* bias, R* gates, R* h, int f) {
    rows(r, h, p.hidden, p.hidden, bias, gates, gates);
    for (i32 i = threadIdx.x; i < p.hidden; i += blockDim.x) h[i] = gate(p, f, gates[i]);
}

__device__ __forceinline__ void stepGru(const Parameters& p, const TX* r, const TX* bias, R* gates, R* h, R* scratch, int f) {
    const i32 n = p.hidden;
    rows(r, h, n, 2 * n, bias, gates, gates);
    for (i32 i = threadIdx.x; i < 2 * n; i += blockDim.x) gates[i] = gate(p, f, gates[i]);
    __syncthreads();
    const TX* matrix = r + i64(2) * n * n;
    const TX* last = bias ? bias + 2 * n : nullptr;
    R* next = gates + 2 * n;
    if (BEFORE) {
        rows(matrix, h, n, n, last, nullptr, scratch);
        for (i32 i = threadIdx.x; i < n; i += blockDim.x) next[i] += gates[n + i] * scratch[i];
    } else {
        for (i32 i = threadIdx.x; i < n; i += blockDim.x) scratch[i] = gates[n + i] * h[i];
        __syncthreads();
        rows(matrix, scratch, n, n, last, next, next);
    }
    for (i32 i = threadIdx.x; i < n; i += blockDim.x) {
        const R z = gates[i];
        h[i] = (1 - z) * gate(p, f + 1, next[i]) + z * h[i];
    }
}

__device__ __forceinline__ void stepLstm(const Parameters& p, const TX* r, const TX* bias, const TX* peephole, R* gates, R* h, R* cell, int f) {
    const i32 n = p.hidden;
    rows(r, h, n, 4 * n, bias, gates, gates);
    for (i32 i = threadIdx.x; i < n; i += blockDim.x) {
        auto peep = [&](i32 k, R c) { return peephole ? get(peephole[k * n + i]) * c : R(0); };
        const R input = gate(p, f, gates[i] + peep(0, cell[i]));
        const R forget = TIED ? 1 - input : gate(p, f, gates[2 * n + i] + peep(2, cell[i]));
        const R c = forget * cell[i] + input * gate(p, f + 1, gates[3 * n + i]);
        const R output = gate(p, f, gates[n + i] + peep(1, c));
        cell[i] = c;
        h[i] = output * activate(f + 2, c);
    }
}

extern "C" __global__ void __launch_bounds__(512) recurrent(const __grid_constant__ Parameters p) {
    awaitPrevious();
    extern __shared__ __align__(16) u8 memory[];
    const i32 n = p.hidden, all = kGates * n, d = blockIdx.x / p.batch, b = blockIdx.x % p.batch;
    R *h = (R*)memory, *cell = h + n, *gates = cell + n, *in = gates + all;
    const TX *w = p.w + i64(d) * all * p.input, *r = p.r + i64(d) * all * n;
    const TX *bias = p.bias ? p.bias + i64(d) * 2 * all : nullptr, *second = bias ? bias + all : nullptr;
    const TX* peephole = p.peephole ? p.peephole + i64(d) * 3 * n : nullptr;
    const i64 state = i64(p.layout ? b * p.directions + d : d * p.batch + b) * n;
    for (i32 i = threadIdx.x; i < n; i += blockDim.x) {
        h[i] = p.first[0] ? get(p.first[0][state + i]) : R(0);
        cell[i] = KIND == 2 && p.first[1] ? get(p.first[1][state + i]) : R(0);
    }
    i32 length = p.lengths ? i32(p.lengths[b]) : p.steps;
    length = length < 0 ? 0 : length > p.steps ? p.steps : length;
    const bool backwards = p.reverse || d == 1;
    for (i32 i = 0; i < p.steps; ++i) {
        const i32 t = i >= length ? i : backwards ? length - 1 - i : i;
        TX* y = p.y ? p.y + (p.layout ? (i64(b) * p.steps + t) * p.directions + d : (i64(t) * p.directions + d) * p.batch + b) * n : nullptr;
        __syncthreads();
        if (i < length) {
            const TX* x = p.x + i64(p.layout ? b * p.steps + t : t * p.batch + b) * p.input;
            for (i32 k = threadIdx.x; k < p.input; k += blockDim.x) in[k] = get(x[k]);
            __syncthreads();
            rows(w, in, p.input, all, bias, nullptr, gates);
            if (KIND == 0) stepRnn(p, r, second, gates, h, 3 * d);
            else if (KIND == 1) stepGru(p, r, second, gates, h, cell, 3 * d);
            else stepLstm(p, r, second, peephole, gates, h, cell, 3 * d);
            __syncthreads();
        }
        for (i32 k = threadIdx.x; y && k < n; k += blockDim.x) y[k] = i < length ? put<TX>(h[k]) : put<TX>(R(0));
    }
    __syncthreads();
    for (i32 i = threadIdx.x; i < n; i += blockDim.x) {
        if (p.last[0]) p.last[0][state + i] = put<TX>(h[i]);
        if (KIND == 2 && p.last[1]) p.last[1][state + i] = put<TX>(cell[i]);
    }
}
