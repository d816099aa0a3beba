// SPDX-License-Identifier: Apache-2.0
// Attention by a recurrent state [key, value]: a thread follows one column of it through time.
// -DTX=f32 -DKEYS=256 (the most elements of a key)
#include "each.cuh"

// in: query, key, value, past, decay, beta; out: result, present. n: time, heads, query heads,
// elements of a key, of a value, decays a head, betas a row; f: scale.
extern "C" __global__ void linear_attention(const __grid_constant__ Each p) {
    awaitPrevious();
    const i32 heads = i32(p.n[1]), share = i32(p.n[2]) / heads, keys = i32(p.n[3]), values = i32(p.n[4]);
    EACH_ITEM(p, e) {
        const u32 m = e % u32(values), h = e / u32(values) % u32(heads), b = e / u32(values) / u32(heads);
        float state[KEYS];
        const i64 held = i64(e / u32(values)) * keys * values + m;
        for (i32 d = 0; d < keys; ++d) state[d] = p.in[3] ? float(get(((const TX*)p.in[3])[held + i64(d) * values])) : 0.f;
        for (i64 t = 0; t < p.n[0]; ++t) {
            const i64 row = i64(b) * p.n[0] + t;
            const TX* k = (const TX*)p.in[1] + (row * heads + h) * keys;
            const float v = get(((const TX*)p.in[2])[(row * heads + h) * values + m]);
            const TX* decay = p.in[4] ? (const TX*)p.in[4] + (row * heads + h) * p.n[5] : nullptr;
            double before = 0;
            for (i32 d = 0; d < keys; ++d) {
                if (decay) state[d] *= expf(float(get(decay[p.n[5] == 1 ? 0 : d])));
                before += double(state[d]) * double(get(k[d]));
            }
            float write = v;
            if (p.in[5])
                write = float(get(((const TX*)p.in[5])[row * p.n[6] + (p.n[6] == 1 ? 0 : h)])) * (v - float(before));
            for (i32 d = 0; d < keys; ++d) state[d] += float(get(k[d])) * write;
            for (i32 g = i32(h) * share; g < i32(h + 1) * share; ++g) {
                const TX* q = (const TX*)p.in[0] + (row * p.n[2] + g) * keys;
                double sum = 0;
                for (i32 d = 0; d < keys; ++d) sum += double(get(q[d])) * double(state[d]);
                if (p.out[0]) ((TX*)p.out[0])[(row * p.n[2] + g) * values + m] = put<TX>(p.f[0] * float(sum));
            }
        }
        for (i32 d = 0; p.out[1] && d < keys; ++d) ((TX*)p.out[1])[held + i64(d) * values] = put<TX>(state[d]);
    }
}
