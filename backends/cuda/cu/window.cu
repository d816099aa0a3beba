// SPDX-License-Identifier: Apache-2.0
// Sums over windows and neighbours, an element of the result a thread. -DTX=f16
#include "each.cuh"

typedef Register<TX>::type R;

// Each result gathers the inputs that a transposed convolution would scatter to it.
// n: channels and maps of a group, groups; three each from 8 on: input, window, output, padding
// before, stride, dilation.
extern "C" __global__ void deconvolution(const __grid_constant__ Each p) {
    awaitPrevious();
    const i64 *input = p.n + 8, *window = p.n + 11, *output = p.n + 14, *before = p.n + 17, *stride = p.n + 20, *dilation = p.n + 23;
    EACH_ITEM(p, e) {
        const u32 ox = e % u32(output[2]), oy = e / u32(output[2]) % u32(output[1]);
        u32 left = e / u32(output[2] * output[1]);
        const u32 oz = left % u32(output[0]);
        left /= u32(output[0]);
        const u32 maps = u32(p.n[1] * p.n[2]), map = left % maps, image = left / maps, group = map / u32(p.n[1]);
        const i64 inputs = input[0] * input[1] * input[2], taps = window[0] * window[1] * window[2];
        const TX* x = (const TX*)p.in[0] + (i64(image) * p.n[2] + group) * p.n[0] * inputs;
        const TX* w = (const TX*)p.in[1] + (i64(group) * p.n[0] * p.n[1] + (map - group * u32(p.n[1]))) * taps;
        R sum = p.in[2] ? get(((const TX*)p.in[2])[map]) : R(0);
        for (i32 kz = 0; kz < window[0]; ++kz) {
            const i64 z = oz + before[0] - kz * dilation[0];
            if (z < 0 || z % stride[0] != 0 || z / stride[0] >= input[0]) continue;
            for (i32 ky = 0; ky < window[1]; ++ky) {
                const i64 y = oy + before[1] - ky * dilation[1];
                if (y < 0 || y % stride[1] != 0 || y / stride[1] >= input[1]) continue;
                for (i32 kx = 0; kx < window[2]; ++kx) {
                    const i64 t = ox + before[2] - kx * dilation[2];
                    if (t < 0 || t % stride[2] != 0 || t / stride[2] >= input[2]) continue;
                    const TX* from = x + (z / stride[0] * input[1] + y / stride[1]) * input[2] + t / stride[2];
                    const TX* weight = w + (kz * window[1] + ky) * window[2] + kx;
                    for (i64 c = 0; c < p.n[0]; ++c) sum += get(from[c * inputs]) * get(weight[c * p.n[1] * taps]);
                }
            }
        }
        ((TX*)p.out[0])[e] = put<TX>(sum);
    }
}

// n: channels, elements behind them, neighbours before and after; f: alpha over the window, beta, k.
extern "C" __global__ void lrn(const __grid_constant__ Each p) {
    awaitPrevious();
    EACH_ITEM(p, e) {
        const u32 inner = u32(p.n[1]), channel = e / inner % u32(p.n[0]);
        const TX* x = (const TX*)p.in[0] + e;
        const i64 first = channel < p.n[2] ? -i64(channel) : -p.n[2];
        const i64 last = channel + p.n[3] < p.n[0] ? p.n[3] : p.n[0] - 1 - channel;
        R squares = 0;
        for (i64 i = first; i <= last; ++i) {
            const R v = get(x[i * i64(inner)]);
            squares += v * v;
        }
        const R base = R(p.f[2]) + R(p.f[0]) / R(p.f[3]) * squares;
        ((TX*)p.out[0])[e] = put<TX>(get(*x) / powf(base, R(p.f[1])));
    }
}

// n: axes, positions in a block, blocks; six each from 8 on: image, block, blocks an axis, stride,
// padding before, dilation.
extern "C" __global__ void column_to_image(const __grid_constant__ Each p) {
    awaitPrevious();
    const i32 axes = i32(p.n[0]);
    const i64 *image = p.n + 8, *block = p.n + 14, *blocks = p.n + 20, *stride = p.n + 26, *pad = p.n + 32, *dilation = p.n + 38;
    EACH_ITEM(p, e) {
        i64 at[6];
        u32 plane = e;
        for (i32 d = axes - 1; d >= 0; --d) {
            at[d] = plane % u32(image[d]);
            plane /= u32(image[d]);
        }
        R sum = 0;
        for (i64 offset = 0; offset < p.n[1]; ++offset) {
            i64 left = offset, place = 0, step = 1;
            bool ok = true;
            for (i32 d = axes - 1; d >= 0; --d) {
                const i64 i = at[d] + pad[d] - left % block[d] * dilation[d];
                left /= block[d];
                ok = ok && i >= 0 && i % stride[d] == 0 && i / stride[d] < blocks[d];
                place += i / stride[d] * step;
                step *= blocks[d];
            }
            if (ok) sum += get(((const TX*)p.in[0])[(i64(plane) * p.n[1] + offset) * p.n[2] + place]);
        }
        ((TX*)p.out[0])[e] = put<TX>(sum);
    }
}

// A term at a time: n results along the axis. n: extent of the axis, elements behind it (parts left
// out), parts in and out, length, results along the axis, whether the input is mirrored, inverse.
extern "C" __global__ void dft(const __grid_constant__ Each p) {
    awaitPrevious();
    EACH_ITEM(p, e) {
        const u32 inner = u32(p.n[1]), k = e % inner, i = e / inner % u32(p.n[5]), o = e / inner / u32(p.n[5]);
        const i64 n = p.n[4], parts = p.n[2], have = p.n[6] ? n / 2 + 1 : n;
        const TX* x = (const TX*)p.in[0] + (i64(o) * p.n[0] * inner + k) * parts;
        double real = 0, imaginary = 0;
        for (i64 j = 0; j < n; ++j) {
            const bool mirrored = j >= have;
            const i64 from = mirrored ? n - j : j;
            if (from >= p.n[0]) continue;
            const double a = double(get(x[from * inner * parts]));
            double b = parts == 2 ? double(get(x[from * inner * parts + 1])) : 0;
            if (mirrored) b = -b;
            double s, c;
            sincospi(2.0 * double(i64(i) * j % n) / double(n), &s, &c);
            if (!p.n[7]) s = -s;
            real += a * c - b * s;
            imaginary += a * s + b * c;
        }
        if (p.n[7]) real /= double(n), imaginary /= double(n);
        TX* y = (TX*)p.out[0] + i64(e) * p.n[3];
        y[0] = put<TX>(real);
        if (p.n[3] == 2) y[1] = put<TX>(imaginary);
    }
}

// Short-time Fourier transform of real or complex signals, a window's factors in in[2]. n: samples
// of a signal, parts of one, frames, bins, samples from frame to frame, samples of a frame.
extern "C" __global__ void stft(const __grid_constant__ Each p) {
    awaitPrevious();
    EACH_ITEM(p, e) {
        const u32 k = e % u32(p.n[3]), frame = e / u32(p.n[3]) % u32(p.n[2]), signal = e / u32(p.n[3]) / u32(p.n[2]);
        const i64 n = p.n[5], parts = p.n[1];
        const TX* x = (const TX*)p.in[0] + (i64(signal) * p.n[0] + i64(frame) * p.n[4]) * parts;
        const TX* window = (const TX*)p.in[2];
        double real = 0, imaginary = 0;
        for (i64 j = 0; j < n; ++j) {
            const double w = window ? double(get(window[j])) : 1;
            const double a = w * double(get(x[j * parts]));
            const double b = parts == 2 ? w * double(get(x[j * parts + 1])) : 0;
            double s, c;
            sincospi(-2.0 * double(i64(k) * j % n) / double(n), &s, &c);
            real += a * c - b * s;
            imaginary += a * s + b * c;
        }
        TX* y = (TX*)p.out[0] + i64(e) * 2;
        y[0] = put<TX>(real);
        y[1] = put<TX>(imaginary);
    }
}

// Products in any type and with any broadcast. n: rows, inner extent, columns, steps of rows and
// inner of both factors, batch dims; from 8 the batch's extents, from 16 and 24 both factors' steps.
extern "C" __global__ void product(const __grid_constant__ Each p) {
    awaitPrevious();
    EACH_ITEM(p, e) {
        const u32 column = e % u32(p.n[2]), row = e / u32(p.n[2]) % u32(p.n[0]);
        u32 left = e / u32(p.n[2]) / u32(p.n[0]);
        i64 a = i64(row) * p.n[3], b = i64(column) * p.n[6];
        for (i32 d = i32(p.n[7]) - 1; d >= 0; --d) {
            const u32 i = left % u32(p.n[8 + d]);
            left /= u32(p.n[8 + d]);
            a += i * p.n[16 + d], b += i * p.n[24 + d];
        }
        R sum = 0;
        for (i64 k = 0; k < p.n[1]; ++k) sum += get(((const TX*)p.in[0])[a + k * p.n[4]]) * get(((const TX*)p.in[1])[b + k * p.n[5]]);
        ((TX*)p.out[0])[e] = put<TX>(sum);
    }
}
