// SPDX-License-Identifier: Apache-2.0
// Convolution at learned offsets: samples are laid out as panels of a matrix product.
#include "backends/cpu/simd/panel_product.h"
#include "backends/cpu/typed/kernel.h"
#include "base/parallel_for.h"
#include "ops/deformable_convolution.h"

#include <algorithm>
#include <cmath>

namespace bireme::cpu {

namespace {

struct DeformableConvolutionTyped : TypedLoops<ops::DeformableConvolution, Reals> {
    static constexpr const char* kName = "cpu.deformable_convolution.typed";
    struct Plan {
        ops::DeformableConvolution op;
        int64_t batch, channels, height, width, maps, perGroup, window[2], taps, rows, columns;

        Plan(const ops::DeformableConvolution& o, const TypedCall& c)
            : op(o),
              batch(c.dims(0)[0]),
              channels(c.dims(0)[1]),
              height(c.dims(0)[2]),
              width(c.dims(0)[3]),
              maps(c.dims(1)[0]),
              perGroup(c.dims(1)[1]),
              window{c.dims(1)[2], c.dims(1)[3]},
              taps(window[0] * window[1]),
              rows(c.outDims(0)[2]),
              columns(c.outDims(0)[3]) {
            if (channels != perGroup * op.groups || maps % op.groups != 0 ||
                channels % op.offsetGroups != 0)
                failInvalid("the channels do not fit the groups");
            if (c.dims(2)[1] != op.offsetGroups * taps * 2 ||
                (c.has(4) && c.dims(4)[1] != op.offsetGroups * taps))
                failInvalid("the offsets or the mask do not fit the kernel");
        }
    };

    // What one tap reads in every channel of an offset group, for up to kWidth output positions:
    // four pixels each, and their weights.
    template <typename T>
    struct Samples {
        int64_t at[4][Panel<T>::kWidth];
        T weight[4][Panel<T>::kWidth];

        void lay(const Plan& p, const TypedCall& c, int64_t image, int64_t group, int64_t tap,
                 int64_t first, int64_t n) {
            const int64_t plane = p.rows * p.columns,
                          block = (image * p.op.offsetGroups + group) * p.taps + tap;
            const T *down = c.in<T>(2) + 2 * block * plane, *along = down + plane,
                    *mask = c.in<T>(4);
            const int64_t tapRow = tap / p.window[1] * p.op.dilations[0] - p.op.pads[0],
                          tapColumn = tap % p.window[1] * p.op.dilations[1] - p.op.pads[1];
            for (int64_t i = 0; i < n; ++i) {
                const int64_t place = first + i;
                const int64_t row = place / p.columns * p.op.strides[0] + tapRow,
                              column = place % p.columns * p.op.strides[1] + tapColumn;
                const double y = static_cast<double>(row) + static_cast<double>(down[place]),
                             x = static_cast<double>(column) + static_cast<double>(along[place]);
                const double y0 = std::floor(y), x0 = std::floor(x);
                for (int k = 0; k < 4; ++k) {
                    const int lower = k / 2, right = k % 2;
                    const double r = y0 + lower, s = x0 + right;
                    const bool inside = r >= 0 && s >= 0 && r < static_cast<double>(p.height) &&
                                        s < static_cast<double>(p.width);
                    at[k][i] =
                        inside ? static_cast<int64_t>(r) * p.width + static_cast<int64_t>(s) : 0;
                    const double w = (1 - std::fabs(y - r)) * (1 - std::fabs(x - s));
                    weight[k][i] = static_cast<T>(inside ? w : 0);
                    if (mask) weight[k][i] *= mask[block * plane + place];
                }
            }
        }
        void read(const T* x, int64_t n, T* row) const {
            for (int64_t i = 0; i < n; ++i)
                row[i] = weight[0][i] * x[at[0][i]] + weight[1][i] * x[at[1][i]] +
                         weight[2][i] * x[at[2][i]] + weight[3][i] * x[at[3][i]];
        }
    };

    // All maps of one group of one image at n output positions.
    template <typename T>
    static void block(const Plan& p, const TypedCall& c, int64_t image, int64_t group,
                      int64_t first, int64_t n) {
        const int64_t plane = p.rows * p.columns, maps = p.maps / p.op.groups,
                      all = p.perGroup * p.taps, perOffset = p.channels / p.op.offsetGroups;
        const T *w = c.in<T>(1) + group * maps * all, *bias = c.in<T>(3);
        T* to = c.out<T>(0) + (image * p.maps + group * maps) * plane + first;
        Panel<T> panel;
        Samples<T> samples;
        for (int64_t m = 0; m < maps; ++m)
            std::fill_n(to + m * plane, n, bias ? bias[group * maps + m] : T(0));
        for (int64_t tap = 0; tap < p.taps; ++tap)
            for (int64_t k = 0, laid = -1; k < p.perGroup;) {
                const int64_t channel = group * p.perGroup + k, offset = channel / perOffset;
                const int64_t depth = std::min(
                    {Panel<T>::kDepth, p.perGroup - k, (offset + 1) * perOffset - channel});
                if (offset != laid) samples.lay(p, c, image, offset, tap, first, n);
                laid = offset;
                for (int64_t i = 0; i < depth; ++i)
                    samples.read(
                        c.in<T>(0) + (image * p.channels + channel + i) * p.height * p.width, n,
                        panel.row(i));
                multiplyPanel<T>(
                    {maps, depth, n, w + k * p.taps + tap, all, p.taps, panel.data, to, plane});
                k += depth;
            }
    }

    template <typename T>
    static Status run(const Plan& p, const TypedCall& c) noexcept {
        const int64_t plane = p.rows * p.columns, width = Panel<T>::kWidth,
                      blocks = (plane + width - 1) / width;
        parallelFor(p.batch * p.op.groups * blocks, 1, [&](int64_t begin, int64_t end) {
            for (int64_t t = begin; t < end; ++t) {
                const int64_t image = t / blocks / p.op.groups, group = t / blocks % p.op.groups,
                              first = t % blocks * width;
                block<T>(p, c, image, group, first, std::min(width, plane - first));
            }
        });
        return Status::success();
    }
};

}  // namespace

void registerKernel_deformable_convolution_typed(tactic::Catalog& catalog) {
    addTyped<DeformableConvolutionTyped>(catalog);
}

}  // namespace bireme::cpu
