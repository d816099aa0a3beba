// SPDX-License-Identifier: Apache-2.0
// Samples of an image at the points of a grid: what each point reads is worked out once for all
// channels.
#include "backends/cpu/support/lone_op.h"
#include "base/parallel_for.h"
#include "base/status.h"
#include "ops/grid_sample.h"

#include <algorithm>
#include <array>
#include <cmath>

namespace bireme::cpu {

namespace {

constexpr int kBlock = 16;     // points that go through the channels together
constexpr int kMostTaps = 64;  // cubic in three axes

// What one axis contributes to a sample.
template <typename T>
struct AxisTaps {
    int count = 1;
    std::array<int64_t, 4> at{};  // -1: a zero
    std::array<T, 4> weight{};
};

// What a sample reads of a plane: N pixels, or fewer where some are outside.
template <typename T, int N>
struct PointTaps {
    int count = 0;
    std::array<int64_t, N> at;
    std::array<T, N> weight;
};

class GridSampleBound final : public LoneBound {
public:
    explicit GridSampleBound(const LoneShapes& s) : LoneBound(s), op_(*s.op.as<ops::GridSample>()) {
        const auto &x = s.in(0).dims, &grid = s.in(1).dims;
        extents_.assign(x.begin() + 2, x.end());
        pixels_ = product(extents_);
        points_ = product({grid.begin() + 1, grid.end() - 1});
    }

private:
    void run() override {
        if (points_ > 0 && pixels_ == 0)
            fail(ErrorCode::kFAILED_EXECUTION, "the input has no pixels to sample");
        if (in(0).type == DataType::kDOUBLE)
            sampleIn<double>();
        else
            sampleIn<float>();
    }

    template <typename T>
    void sampleIn() {
        std::vector<T> xs, grids, ys;
        const T *x = elements<T>(0, xs), *grid = elements<T>(1, grids);
        const int64_t n = product(out(0).dims);
        const bool direct = std::is_same_v<T, double> || out(0).type == DataType::kFLOAT;
        if (!direct) ys.resize(static_cast<size_t>(n));
        T* y = direct ? reinterpret_cast<T*>(result(0)) : ys.data();
        const int64_t perAxis = op_.mode == InterpolationMode::kNEAREST  ? 1
                                : op_.mode == InterpolationMode::kLINEAR ? 2
                                                                         : 4;
        const bool volume = extents_.size() == 3;
        if (perAxis == 1)
            sampleBy<T, 1>(x, grid, y);
        else if (perAxis == 2)
            volume ? sampleBy<T, 8>(x, grid, y) : sampleBy<T, 4>(x, grid, y);
        else
            volume ? sampleBy<T, 64>(x, grid, y) : sampleBy<T, 16>(x, grid, y);
        if (!direct) store(0, y, result(0), n);
    }

    template <typename T, int N>
    void sampleBy(const T* x, const T* grid, T* y) const {
        const int64_t blocks = (points_ + kBlock - 1) / kBlock, channels = in(0).dims[1];
        parallelFor(in(0).dims[0] * blocks, 256 / (channels + 1) + 1,
                    [&](int64_t begin, int64_t end) {
                        for (int64_t task = begin; task < end; ++task)
                            sampleBlock<T, N>(x, grid, y, task / blocks, task % blocks * kBlock);
                    });
    }

    // Points that read all N pixels come first: their loop has no end to guess.
    template <typename T, int N>
    void sampleBlock(const T* x, const T* grid, T* y, int64_t image, int64_t first) const {
        const auto axes = static_cast<int64_t>(extents_.size());
        const int64_t channels = in(0).dims[1], count = std::min<int64_t>(kBlock, points_ - first);
        std::array<PointTaps<T, N>, kBlock> taps;
        std::array<int64_t, kBlock> point;
        size_t whole = 0, part = static_cast<size_t>(count);
        for (int64_t p = 0; p < count; ++p) {
            PointTaps<T, N> t;
            tapsOf<T, N>(grid + (image * points_ + first + p) * axes, t);
            const size_t to = t.count == N ? whole++ : --part;
            taps[to] = t, point[to] = p;
        }
        const T* planes = x + image * channels * pixels_;
        T* to = y + image * channels * points_ + first;
        int64_t c = 0;
        for (; c + 4 <= channels; c += 4)
            mix<T, N, 4>(planes + c * pixels_, to + c * points_, taps.data(), point.data(), whole,
                         static_cast<size_t>(count));
        for (; c < channels; ++c)
            mix<T, N, 1>(planes + c * pixels_, to + c * points_, taps.data(), point.data(), whole,
                         static_cast<size_t>(count));
    }

    // C channels at once: what a point reads is looked up once for all of them.
    template <typename T, int N, int C>
    void mix(const T* planes, T* to, const PointTaps<T, N>* taps, const int64_t* point,
             size_t whole, size_t count) const {
        auto one = [&](const PointTaps<T, N>& t, int64_t at, int n) {
            T sum[C] = {};
            for (int i = 0; i < n; ++i) {
                const T w = t.weight[static_cast<size_t>(i)];
                const T* from = planes + t.at[static_cast<size_t>(i)];
                for (int c = 0; c < C; ++c) sum[c] += w * from[c * pixels_];
            }
            for (int c = 0; c < C; ++c) to[c * points_ + at] = sum[c];
        };
        for (size_t k = 0; k < whole; ++k) one(taps[k], point[k], N);
        for (size_t k = whole; k < count; ++k) one(taps[k], point[k], taps[k].count);
    }

    // The products of the axes' taps; the grid names the innermost axis first.
    template <typename T, int N>
    void tapsOf(const T* coordinates, PointTaps<T, N>& out) const {
        out.count = 1;
        out.at[0] = 0, out.weight[0] = 1;
        for (size_t d = 0; d < extents_.size(); ++d) {
            const AxisTaps<T> axis = alongAxis(coordinates[extents_.size() - 1 - d], extents_[d]);
            PointTaps<T, N> next;
            for (int i = 0; i < out.count; ++i)
                for (int k = 0; k < axis.count; ++k) {
                    const auto a = static_cast<size_t>(i), b = static_cast<size_t>(k);
                    if (axis.at[b] < 0) continue;
                    const auto to = static_cast<size_t>(next.count++);
                    next.at[to] = out.at[a] * extents_[d] + axis.at[b];
                    next.weight[to] = out.weight[a] * axis.weight[b];
                }
            out.count = next.count;
            std::copy_n(next.at.begin(), next.count, out.at.begin());
            std::copy_n(next.weight.begin(), next.count, out.weight.begin());
        }
    }

    template <typename T>
    AxisTaps<T> alongAxis(T coordinate, int64_t extent) const {
        const T length = static_cast<T>(extent);
        T x = op_.alignCorners ? (coordinate + 1) / 2 * (length - 1)
                               : ((coordinate + 1) * length - 1) / 2;
        // Far outside every pixel is the same; this keeps the index an integer.
        x = std::isfinite(x) ? std::clamp(x, T(-1e9), T(1e9)) : T(-1e9);
        AxisTaps<T> t;
        if (op_.mode == InterpolationMode::kNEAREST) {
            t.at[0] = pixel(static_cast<int64_t>(std::nearbyint(x)), extent);
            t.weight[0] = 1;
            return t;
        }
        auto low = static_cast<int64_t>(std::floor(x));
        const T f = x - static_cast<T>(low);
        if (op_.mode == InterpolationMode::kLINEAR) {
            t.count = 2;
            t.weight = {1 - f, f};
        } else {
            const T a = T(-0.75);  // Keys' cubic
            auto inner = [&](T d) { return ((a + 2) * d - (a + 3)) * d * d + 1; };
            auto outer = [&](T d) { return ((a * d - 5 * a) * d + 8 * a) * d - 4 * a; };
            t.count = 4;
            t.weight = {outer(1 + f), inner(f), inner(1 - f), outer(2 - f)};
            --low;
        }
        for (int i = 0; i < t.count; ++i) t.at[static_cast<size_t>(i)] = pixel(low + i, extent);
        return t;
    }

    // The pixel that stands for index i of an axis, or -1 for a zero.
    int64_t pixel(int64_t i, int64_t extent) const {
        if (i >= 0 && i < extent) return i;
        if (op_.outside == SampleMode::kFILL) return -1;
        if (op_.outside == SampleMode::kCLAMP || extent == 1)
            return std::clamp<int64_t>(i, 0, extent - 1);
        // Mirrored at the centres of the border pixels, or at their outer edges.
        const int64_t period = op_.alignCorners ? 2 * (extent - 1) : 2 * extent;
        const int64_t m = (i % period + period) % period;
        return m < extent ? m : op_.alignCorners ? period - m : period - 1 - m;
    }

    ops::GridSample op_;
    std::vector<int64_t> extents_;
    int64_t pixels_ = 1, points_ = 1;
};

}  // namespace

void registerKernel_grid_sample_taps(tactic::Catalog& catalog) {
    catalog.add(
        loneFactory({"cpu.grid_sample.taps", "grid_sample", nullptr, bindLone<GridSampleBound>}));
}

}  // namespace bireme::cpu
