// SPDX-License-Identifier: Apache-2.0
#include "ops/grid_sample.h"

#include "ir/eval.h"
#include "ir/infer.h"

#include <algorithm>
#include <cmath>
#include <vector>

namespace bireme::ops {

static void infer(const GridSample& op, ir::InferContext& c) {
    const TensorDesc &x = c.in(0), &grid = c.in(1);
    c.requireReal(0);
    c.requireReal(1);
    int axes = x.rank() - 2;
    c.require((axes == 2 || axes == 3) && grid.rank() == x.rank(),
              "grid sampling takes [N,C,H,W] and a grid [N,H,W,2], or [N,C,D,H,W] and "
              "[N,D,H,W,3]; the inputs are ",
              x.text(), " and ", grid.text());
    c.require(!grid.dims.back().isStatic() || grid.dims.back().is(axes), "the grid has ",
              grid.dims.back().text(), " coordinates, expected ", axes);
    c.require(!x.dims[0].isStatic() || !grid.dims[0].isStatic() || x.dims[0] == grid.dims[0],
              "the grid has batch ", grid.dims[0].text(), ", the input ", x.dims[0].text());
    c.require(op.outside == SampleMode::kFILL || op.outside == SampleMode::kCLAMP ||
                  op.outside == SampleMode::kREFLECT,
              "samples outside are zeros (fill), clamped or reflected");
    c.out(0).type = x.type;
    c.out(0).dims = {x.dims[0], x.dims[1]};
    c.out(0).dims.insert(c.out(0).dims.end(), grid.dims.begin() + 1, grid.dims.end() - 1);
}

namespace {

// The pixel that stands for index i of an axis, or -1 for a zero.
int64_t pixel(const GridSample& op, int64_t i, int64_t extent) {
    if (i >= 0 && i < extent) return i;
    if (op.outside == SampleMode::kFILL) return -1;
    if (op.outside == SampleMode::kCLAMP || extent == 1)
        return std::clamp<int64_t>(i, 0, extent - 1);
    // Mirrored at the centres of the border pixels, or at their outer edges.
    int64_t period = op.alignCorners ? 2 * (extent - 1) : 2 * extent;
    int64_t m = (i % period + period) % period;
    return m < extent ? m : op.alignCorners ? period - m : period - 1 - m;
}

// What one axis contributes to a sample: up to four pixels and their weights.
template <typename T>
struct GridTaps {
    int count = 1;
    int64_t at[4];
    T weight[4];
};

template <typename T>
GridTaps<T> tapsOf(const GridSample& op, T coordinate, int64_t extent) {
    T length = static_cast<T>(extent);
    T x =
        op.alignCorners ? (coordinate + 1) / 2 * (length - 1) : ((coordinate + 1) * length - 1) / 2;
    // Far outside every pixel is the same; this keeps the index an integer.
    x = std::isfinite(x) ? std::clamp(x, T(-1e9), T(1e9)) : T(-1e9);
    GridTaps<T> taps;
    if (op.mode == InterpolationMode::kNEAREST) {
        taps.at[0] = pixel(op, static_cast<int64_t>(std::nearbyint(x)), extent);
        taps.weight[0] = 1;
        return taps;
    }
    auto low = static_cast<int64_t>(std::floor(x));
    T f = x - static_cast<T>(low);
    if (op.mode == InterpolationMode::kLINEAR) {
        taps.count = 2;
        taps.weight[0] = 1 - f, taps.weight[1] = f;
    } else {
        const T a = T(-0.75);  // Keys' cubic
        auto inner = [&](T d) { return ((a + 2) * d - (a + 3)) * d * d + 1; };
        auto outer = [&](T d) { return ((a * d - 5 * a) * d + 8 * a) * d - 4 * a; };
        taps.count = 4;
        taps.weight[0] = outer(1 + f), taps.weight[1] = inner(f), taps.weight[2] = inner(1 - f),
        taps.weight[3] = outer(2 - f);
        --low;
    }
    for (int i = 0; i < taps.count; ++i) taps.at[i] = pixel(op, low + i, extent);
    return taps;
}

// The weighted sum over the taps of axes `axis` and on, from the pixel at `offset`.
template <typename T>
T sample(const T* plane, const int64_t* dims, const std::vector<GridTaps<T>>& taps, size_t axis,
         int64_t offset) {
    if (axis == taps.size()) return plane[offset];
    T sum = 0;
    const GridTaps<T>& t = taps[axis];
    for (int i = 0; i < t.count; ++i)
        if (t.at[i] >= 0)
            sum += t.weight[i] * sample(plane, dims, taps, axis + 1, offset * dims[axis] + t.at[i]);
    return sum;
}

}  // namespace

static void eval(const GridSample& op, ir::EvalContext& c) {
    size_t axes = c.dims(0).size() - 2;
    int64_t batch = c.dims(0)[0], channels = c.dims(0)[1], pixels = 1, points = 1;
    const int64_t* extents = c.dims(0).data() + 2;
    for (size_t d = 0; d < axes; ++d) pixels *= extents[d], points *= c.dims(1)[d + 1];
    c.require(points == 0 || pixels > 0, "the input has no pixels to sample");
    c.computeReal(c.type(0), [&](auto t) {
        using T = decltype(t);
        const T *x = c.read<T>(0).data(), *grid = c.read<T>(1).data();
        T* y = c.write<T>(0).data();
        for (int64_t n = 0; n < batch; ++n)
            for (int64_t p = 0; p < points; ++p) {
                const T* g = grid + (n * points + p) * static_cast<int64_t>(axes);
                std::vector<GridTaps<T>> taps;  // the grid names the innermost axis first
                for (size_t d = 0; d < axes; ++d)
                    taps.push_back(tapsOf(op, g[axes - 1 - d], extents[d]));
                for (int64_t ch = 0; ch < channels; ++ch) {
                    int64_t plane = n * channels + ch;
                    y[plane * points + p] = sample(x + plane * pixels, extents, taps, 0, 0);
                }
            }
    });
}

BIREME_OP(grid_sample, GridSample,
          {.inputs = 2,
           .outputs = 1,
           .infer = infer,
           .eval = eval,
           .doc = "Samples an image at the points of a grid."})

}  // namespace bireme::ops
