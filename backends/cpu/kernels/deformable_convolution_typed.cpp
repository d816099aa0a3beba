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

    // x at a place between pixels; zeros outside.
    template <typename T>
    static T bilinear(const Plan& p, const T* plane, double y, double x) {
        const double y0 = std::floor(y), x0 = std::floor(x);
        double sum = 0;
        for (int i = 0; i < 2; ++i)
            for (int k = 0; k < 2; ++k) {
                const double r = y0 + i, s = x0 + k;
                if (!(r >= 0 && s >= 0 && r < static_cast<double>(p.height) &&
                      s < static_cast<double>(p.width)))
                    continue;
                sum += (1 - std::fabs(y - r)) * (1 - std::fabs(x - s)) *
                       static_cast<double>(
                           plane[static_cast<int64_t>(r) * p.width + static_cast<int64_t>(s)]);
            }
        return static_cast<T>(sum);
    }

    // What one tap of one channel reads for n output positions from `first` on.
    template <typename T>
    static void layRow(const Plan& p, const TypedCall& c, int64_t image, int64_t channel,
                       int64_t tap, int64_t first, int64_t n, T* row) {
        const int64_t plane = p.rows * p.columns,
                      group = channel / (p.channels / p.op.offsetGroups),
                      at = (image * p.op.offsetGroups + group) * p.taps + tap;
        const T* x = c.in<T>(0) + (image * p.channels + channel) * p.height * p.width;
        const T *down = c.in<T>(2) + 2 * at * plane, *along = down + plane, *mask = c.in<T>(4);
        const int64_t tapRow = tap / p.window[1] * p.op.dilations[0] - p.op.pads[0],
                      tapColumn = tap % p.window[1] * p.op.dilations[1] - p.op.pads[1];
        for (int64_t i = 0; i < n; ++i) {
            const int64_t place = first + i;
            const double y = static_cast<double>(place / p.columns * p.op.strides[0] + tapRow) +
                             static_cast<double>(down[place]),
                         s = static_cast<double>(place % p.columns * p.op.strides[1] + tapColumn) +
                             static_cast<double>(along[place]);
            row[i] = bilinear(p, x, y, s) * (mask ? mask[at * plane + place] : T(1));
        }
    }

    template <typename T>
    static Status run(const Plan& p, const TypedCall& c) noexcept {
        const int64_t plane = p.rows * p.columns, width = Panel<T>::kWidth,
                      blocks = (plane + width - 1) / width, maps = p.maps / p.op.groups,
                      all = p.perGroup * p.taps;
        const T *w = c.in<T>(1), *bias = c.in<T>(3);
        T* y = c.out<T>(0);
        parallelFor(p.batch * p.op.groups * blocks, 1, [&](int64_t begin, int64_t end) {
            Panel<T> panel;
            for (int64_t t = begin; t < end; ++t) {
                const int64_t image = t / blocks / p.op.groups, group = t / blocks % p.op.groups,
                              first = t % blocks * width, n = std::min(width, plane - first);
                T* to = y + (image * p.maps + group * maps) * plane + first;
                for (int64_t m = 0; m < maps; ++m)
                    std::fill_n(to + m * plane, n, bias ? bias[group * maps + m] : T(0));
                for (int64_t k = 0; k < all; k += Panel<T>::kDepth) {
                    const int64_t depth = std::min(Panel<T>::kDepth, all - k);
                    for (int64_t i = 0; i < depth; ++i)
                        layRow(p, c, image, group * p.perGroup + (k + i) / p.taps, (k + i) % p.taps,
                               first, n, panel.row(i));
                    multiplyPanel<T>({maps, depth, n, w + group * maps * all + k, all, 1,
                                      panel.data, to, plane});
                }
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
