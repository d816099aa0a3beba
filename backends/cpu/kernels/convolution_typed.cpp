// SPDX-License-Identifier: Apache-2.0
// Convolution and deconvolution of every real type and of computed weights: windows are laid out as
// panels of a matrix product.
#include "backends/cpu/simd/panel_product.h"
#include "backends/cpu/typed/kernel.h"
#include "base/parallel_for.h"
#include "ops/convolution.h"
#include "ops/deconvolution.h"
#include "ops/support/sliding_window.h"

#include <algorithm>

namespace bireme::cpu {

namespace {

using ops::WindowGrid;
using Triple = WindowGrid::Triple;

Triple split(int64_t i, const Triple& extents) {
    return {i / (extents[1] * extents[2]), i / extents[2] % extents[1], i % extents[2]};
}

// Which input position an output position reads through a tap, per axis; -1 for none.
template <bool transposed>
int64_t source(const WindowGrid& g, size_t d, int64_t output, int64_t tap) {
    int64_t at;
    if (transposed) {
        at = output + g.before[d] - tap * g.dilation[d];
        if (at < 0 || at % g.stride[d]) return -1;
        at /= g.stride[d];
    } else {
        at = output * g.stride[d] + tap * g.dilation[d] - g.before[d];
    }
    return at >= 0 && at < g.input[d] ? at : -1;
}

// One row of a panel: what one tap of one channel reads for n output positions from `first` on.
template <bool transposed, typename T>
void layRow(const WindowGrid& g, const T* plane, int64_t tap, int64_t first, int64_t n, T* row) {
    const Triple t = split(tap, g.window);
    Triple o = split(first, g.output);
    for (int64_t i = 0; i < n;) {
        const int64_t count = std::min(n - i, g.output[2] - o[2]),
                      z = source<transposed>(g, 0, o[0], t[0]),
                      y = source<transposed>(g, 1, o[1], t[1]);
        const T* line = plane + (z * g.input[1] + y) * g.input[2];
        if (z < 0 || y < 0)
            std::fill_n(row + i, count, T(0));
        else
            for (int64_t k = 0; k < count; ++k) {
                const int64_t x = source<transposed>(g, 2, o[2] + k, t[2]);
                row[i + k] = x < 0 ? T(0) : line[x];
            }
        i += count;
        o[2] = 0;
        if (++o[1] == g.output[1]) o[1] = 0, ++o[0];
    }
}

// Extents of one call: channels and maps are those of one group.
struct Sizes {
    WindowGrid g;
    int64_t batch, groups, channels, maps;
};

// Maps of one group of one image at n output positions.
template <bool transposed, typename T>
void block(const Sizes& s, const T* x, const T* w, const T* bias, T* y, int64_t first, int64_t n) {
    const WindowGrid& g = s.g;
    const int64_t taps = g.windowSize(), positions = g.outputSize();
    Panel<T> panel;
    for (int64_t m = 0; m < s.maps; ++m)
        std::fill_n(y + m * positions + first, n, bias ? bias[m] : T(0));
    auto multiply = [&](int64_t depth, const T* a, int64_t aRow) {
        multiplyPanel<T>({s.maps, depth, n, a, aRow, 1, panel.data, y + first, positions});
    };
    if (transposed) {  // weights are [channel, map, tap]
        for (int64_t c = 0; c < s.channels; ++c)
            for (int64_t t = 0; t < taps; t += Panel<T>::kDepth) {
                const int64_t depth = std::min(Panel<T>::kDepth, taps - t);
                for (int64_t k = 0; k < depth; ++k)
                    layRow<true>(g, x + c * g.inputSize(), t + k, first, n, panel.row(k));
                multiply(depth, w + c * s.maps * taps + t, taps);
            }
        return;
    }
    const int64_t all = s.channels * taps;  // weights are [map, channel, tap]
    for (int64_t k = 0; k < all; k += Panel<T>::kDepth) {
        const int64_t depth = std::min(Panel<T>::kDepth, all - k);
        for (int64_t i = 0; i < depth; ++i)
            layRow<false>(g, x + (k + i) / taps * g.inputSize(), (k + i) % taps, first, n,
                          panel.row(i));
        multiply(depth, w + k, all);
    }
}

template <bool transposed, typename T>
Status convolve(const Sizes& s, const TypedCall& c) {
    const T *x = c.in<T>(0), *w = c.in<T>(1), *bias = c.in<T>(2);
    T* y = c.out<T>(0);
    const int64_t positions = s.g.outputSize(), width = Panel<T>::kWidth,
                  blocks = (positions + width - 1) / width;
    const int64_t work = s.maps * s.channels * s.g.windowSize() * std::min(width, positions);
    parallelFor(s.batch * s.groups * blocks,
                std::max<int64_t>(1, 32768 / std::max<int64_t>(1, work)),
                [&](int64_t begin, int64_t end) {
                    for (int64_t t = begin; t < end; ++t) {
                        const int64_t image = t / blocks, group = image % s.groups,
                                      first = t % blocks * width;
                        block<transposed, T>(s, x + image * s.channels * s.g.inputSize(),
                                             w + group * s.maps * s.channels * s.g.windowSize(),
                                             bias ? bias + group * s.maps : nullptr,
                                             y + image * s.maps * positions, first,
                                             std::min(width, positions - first));
                    }
                });
    return Status::success();
}

struct ConvolutionTyped : TypedLoops<ops::Convolution, Reals> {
    static constexpr const char* kName = "cpu.convolution.typed";
    struct Plan {
        Sizes s;
        Plan(const ops::Convolution& op, const TypedCall& c)
            : s{WindowGrid(ops::convolutionAxes(ops::WindowAttributes::of(op),
                                                ops::spatialDims(toDims(c.dims(0))),
                                                ops::spatialDims(toDims(c.dims(1))))),
                c.dims(0)[0], op.groups, c.dims(1)[1], c.dims(1)[0] / op.groups} {}
    };
    template <typename T>
    static Status run(const Plan& p, const TypedCall& c) noexcept {
        return convolve<false, T>(p.s, c);
    }
};

struct DeconvolutionTyped : TypedLoops<ops::Deconvolution, Reals> {
    static constexpr const char* kName = "cpu.deconvolution.typed";
    struct Plan {
        Sizes s;
        static WindowGrid grid(const ops::Deconvolution& op, const TypedCall& c) {
            auto a = ops::WindowAttributes::of(op);
            a.outputPadding = &op.outputPadding;
            return WindowGrid(ops::deconvolutionAxes(a, ops::spatialDims(toDims(c.dims(0))),
                                                     ops::spatialDims(toDims(c.dims(1)))));
        }
        Plan(const ops::Deconvolution& op, const TypedCall& c)
            : s{grid(op, c), c.dims(0)[0], op.groups, c.dims(0)[1] / op.groups, c.dims(1)[1]} {}
    };
    template <typename T>
    static Status run(const Plan& p, const TypedCall& c) noexcept {
        return convolve<true, T>(p.s, c);
    }
};

}  // namespace

void registerKernel_convolution_typed(tactic::Catalog& catalog) {
    addTyped<ConvolutionTyped>(catalog);
    addTyped<DeconvolutionTyped>(catalog);
}

}  // namespace bireme::cpu
