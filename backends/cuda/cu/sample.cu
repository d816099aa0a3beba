// SPDX-License-Identifier: Apache-2.0
// Pictures sampled at points: -DTX=f16 (elements) -DTI=i64 (batch indices) -DMODE=0 (0 nearest,
// 1 linear, 2 cubic) -DOUTSIDE=0 (0 zeros, 1 clamped, 2 reflected) -DALIGN=0 (corners are the
// centres of the border's pixels) -DMAXIMUM=0 -DHALF=1
#include "each.cuh"

typedef Register<TX>::type R;

// The pixel that stands for index i of an axis, or -1 for a zero.
__device__ __forceinline__ i32 pixel(i64 i, i32 extent) {
    if (i >= 0 && i < extent) return i32(i);
    if (OUTSIDE == 0) return -1;
    if (OUTSIDE == 1 || extent == 1) return i < 0 ? 0 : extent - 1;
    const i64 period = ALIGN ? 2 * (extent - 1) : 2 * extent;
    const i64 m = (i % period + period) % period;
    return i32(m < extent ? m : ALIGN ? period - m : period - 1 - m);
}

// What one axis contributes to a sample.
struct Taps {
    i32 count, at[4];
    R weight[4];
};

__device__ __forceinline__ Taps tapsOf(R coordinate, i32 extent) {
    const R length = R(extent);
    R x = ALIGN ? (coordinate + 1) / 2 * (length - 1) : ((coordinate + 1) * length - 1) / 2;
    // Far outside every pixel is the same; this keeps the index an integer.
    x = x == x && fabs(double(x)) <= 1e9 ? x : x > 0 && x <= R(1e38) ? R(1e9) : R(-1e9);
    Taps t = {};
    if (MODE == 0) {
        t.count = 1;
        t.at[0] = pixel(i64(rint(double(x))), extent);
        t.weight[0] = 1;
        return t;
    }
    i64 low = i64(floor(double(x)));
    const R f = x - R(low);
    if (MODE == 1) {
        t.count = 2;
        t.weight[0] = 1 - f, t.weight[1] = f;
    } else {
        const R a = R(-0.75);  // Keys' cubic
        auto inner = [&](R d) { return ((a + 2) * d - (a + 3)) * d * d + 1; };
        auto outer = [&](R d) { return ((a * d - 5 * a) * d + 8 * a) * d - 4 * a; };
        t.count = 4;
        t.weight[0] = outer(1 + f), t.weight[1] = inner(f), t.weight[2] = inner(1 - f), t.weight[3] = outer(2 - f);
        --low;
    }
    for (i32 i = 0; i < t.count; ++i) t.at[i] = pixel(low + i, extent);
    return t;
}

// n: axes (2 or 3), channels, points of an image; from 8 the picture's extents, 1 for a missing one.
extern "C" __global__ void grid_sample(const __grid_constant__ Each p) {
    awaitPrevious();
    EACH_ITEM(p, e) {
        const u32 points = u32(p.n[2]), plane = e / points, point = e - plane * points;
        const i32 axes = i32(p.n[0]);
        const TX* g = (const TX*)p.in[1] + (i64(plane / u32(p.n[1])) * points + point) * axes;
        Taps z = {}, y, x;
        z.count = 1, z.weight[0] = 1;
        if (axes == 3) z = tapsOf(R(get(g[2])), i32(p.n[8]));
        y = tapsOf(R(get(g[1])), i32(p.n[9]));
        x = tapsOf(R(get(g[0])), i32(p.n[10]));
        const TX* from = (const TX*)p.in[0] + i64(plane) * p.n[8] * p.n[9] * p.n[10];
        R sum = 0;
        for (i32 a = 0; a < z.count; ++a) {
            R rows = 0;
            for (i32 b = 0; b < y.count; ++b) {
                R row = 0;
                for (i32 c = 0; c < x.count; ++c)
                    if (z.at[a] >= 0 && y.at[b] >= 0 && x.at[c] >= 0)
                        row += x.weight[c] * get(from[(z.at[a] * p.n[9] + y.at[b]) * p.n[10] + x.at[c]]);
                rows += y.weight[b] * row;
            }
            sum += z.weight[a] * rows;
        }
        ((TX*)p.out[0])[e] = put<TX>(sum);
    }
}

// Four neighbours of a sample and their weights; none outside the picture.
struct Sample {
    i64 at[4];
    double weight[4];
};
__device__ __forceinline__ Sample sampleAt(double y, double x, i64 height, i64 width) {
    Sample s = {};
    if (!(y >= -1 && y <= height && x >= -1 && x <= width)) return s;
    y = fmin(fmax(y, 0.0), double(height - 1)), x = fmin(fmax(x, 0.0), double(width - 1));
    const i64 y0 = i64(y), x0 = i64(x), y1 = y0 + 1 < height ? y0 + 1 : height - 1, x1 = x0 + 1 < width ? x0 + 1 : width - 1;
    const double fy = y - y0, fx = x - x0;
    s.at[0] = y0 * width + x0, s.at[1] = y0 * width + x1, s.at[2] = y1 * width + x0, s.at[3] = y1 * width + x1;
    s.weight[0] = (1 - fy) * (1 - fx), s.weight[1] = (1 - fy) * fx, s.weight[2] = fy * (1 - fx), s.weight[3] = fy * fx;
    return s;
}

// n: channels, the picture's height and width, the result's, samples a bin (0: by the region's
// size), images; f: scale.
extern "C" __global__ void roi_align(const __grid_constant__ Each p) {
    awaitPrevious();
    EACH_ITEM(p, e) {
        const i64 height = p.n[1], width = p.n[2];
        const u32 column = e % u32(p.n[4]), row = e / u32(p.n[4]) % u32(p.n[3]);
        const u32 plane = e / u32(p.n[4] * p.n[3]), region = plane / u32(p.n[0]), channel = plane - region * u32(p.n[0]);
        const TX* box = (const TX*)p.in[1] + i64(region) * 4;
        const double shift = HALF ? 0.5 : 0;
        auto edge = [&](int i) { return double(get(box[i])) * double(p.f[0]) - shift; };
        double x = edge(0), y = edge(1), w = edge(2) - x, h = edge(3) - y;
        if (!HALF) w = fmax(w, 1.0), h = fmax(h, 1.0);
        h /= double(p.n[3]), w /= double(p.n[4]);
        auto samples = [&](double bin) { return p.n[5] ? p.n[5] : i64(fmin(fmax(ceil(bin), 0.0), 65536.0)); };
        const i64 rows = samples(h), columns = samples(w), image = i64(((const TI*)p.in[2])[region]);
        const TX* from = (const TX*)p.in[0] + (image * p.n[0] + channel) * height * width;
        double total = 0;
        bool begun = false;
        for (i64 i = 0; i < rows && image >= 0 && image < p.n[6]; ++i)
            for (i64 k = 0; k < columns; ++k) {
                Sample s = sampleAt(y + (row + (i + 0.5) / rows) * h, x + (column + (k + 0.5) / columns) * w, height, width);
                double sum = 0, most = 0;
                for (int j = 0; j < 4; ++j) {
                    const double v = s.weight[j] * double(get(from[s.at[j]]));
                    sum += v;
                    most = j == 0 ? v : fmax(most, v);
                }
                total = !MAXIMUM ? total + sum : begun ? fmax(total, most) : most;
                begun = true;
            }
        if (!MAXIMUM) total /= double(rows * columns > 1 ? rows * columns : 1);
        ((TX*)p.out[0])[e] = put<TX>(total);
    }
}

// n: axes; from 8 the grid's extents.
extern "C" __global__ void affine_grid(const __grid_constant__ Each p) {
    awaitPrevious();
    EACH_ITEM(p, e) {
        const i32 axes = i32(p.n[0]), r = i32(e % axes);
        u32 left = e / axes;
        double at[4];
        for (i32 d = axes - 1; d >= 0; --d) {  // innermost axis first, then the constant
            const u32 extent = u32(p.n[8 + d]), i = left % extent;
            left /= extent;
            at[axes - 1 - d] = ALIGN ? (extent > 1 ? 2.0 * i / (extent - 1) - 1 : -1) : (2.0 * i + 1) / extent - 1;
        }
        at[axes] = 1;
        const TX* theta = (const TX*)p.in[0] + (i64(left) * axes + r) * (axes + 1);
        double sum = 0;
        for (i32 k = 0; k <= axes; ++k) sum += double(get(theta[k])) * at[k];
        ((TX*)p.out[0])[e] = put<TX>(sum);
    }
}

// in: picture, weights, offsets, bias, mask. n: channels, height and width, the result's, maps,
// channels of a group, the kernel's height and width; from 9 maps of a group, groups of offsets,
// channels of each; from 12 strides, dilations, padding before.
extern "C" __global__ void deformed(const __grid_constant__ Each p) {
    awaitPrevious();
    EACH_ITEM(p, e) {
        const i64 height = p.n[1], width = p.n[2], plane = p.n[3] * p.n[4], taps = p.n[7] * p.n[8];
        const u32 point = e % u32(plane), row = point / u32(p.n[4]), column = point - row * u32(p.n[4]);
        const u32 map = e / u32(plane) % u32(p.n[5]), b = e / u32(plane) / u32(p.n[5]);
        const i64 first = map / p.n[9] * p.n[6];
        double sum = p.in[3] ? double(get(((const TX*)p.in[3])[map])) : 0;
        for (i64 c = 0; c < p.n[6]; ++c) {
            const TX* from = (const TX*)p.in[0] + (b * p.n[0] + first + c) * height * width;
            const i64 offsets = (b * p.n[10] + (first + c) / p.n[11]) * taps;
            for (i64 t = 0; t < taps; ++t) {
                const TX* offset = (const TX*)p.in[2] + 2 * (offsets + t) * plane + point;
                const double y = row * p.n[12] - p.n[16] + t / p.n[8] * p.n[14] + double(get(offset[0]));
                const double x = column * p.n[13] - p.n[17] + t % p.n[8] * p.n[15] + double(get(offset[plane]));
                // Nothing is added for what lies outside; a number that is none samples nothing.
                if (!(y > -1 && y < height && x > -1 && x < width)) continue;
                const i64 y0 = i64(floor(y)), x0 = i64(floor(x));
                const double fy = y - y0, fx = x - x0;
                auto pixel = [&](i64 r, i64 s) {
                    return r >= 0 && r < height && s >= 0 && s < width ? double(get(from[r * width + s])) : 0.0;
                };
                double v = (1 - fy) * ((1 - fx) * pixel(y0, x0) + fx * pixel(y0, x0 + 1)) +
                           fy * ((1 - fx) * pixel(y0 + 1, x0) + fx * pixel(y0 + 1, x0 + 1));
                if (p.in[4]) v *= double(get(((const TX*)p.in[4])[(offsets + t) * plane + point]));
                sum += double(get(((const TX*)p.in[1])[(map * p.n[6] + c) * taps + t])) * v;
            }
        }
        ((TX*)p.out[0])[e] = put<TX>(sum);
    }
}
