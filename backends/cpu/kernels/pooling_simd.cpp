// SPDX-License-Identifier: Apache-2.0
// Maximum and average pooling, channels-last and row-major.
#include "backends/cpu/simd/rows.h"
#include "backends/cpu/support/factory.h"
#include "backends/cpu/support/record.h"
#include "base/parallel_for.h"
#include "ops/pooling.h"
#include "ops/support/sliding_window.h"

#include <algorithm>
#include <limits>

namespace bireme::cpu {

using device::Shapes;
using ops::WindowGrid;

namespace {

constexpr const char* kName = "cpu.pooling.simd";

WindowGrid gridOf(const ops::Pooling& op, const std::vector<int64_t>& dims) {
    DimVector spatial = ops::spatialDims(toDims(dims));
    if (!op.window.empty())
        return WindowGrid(
            ops::poolingAxes(ops::WindowAttributes::of(op), spatial, toDims(op.window)));
    std::vector<ops::WindowAxis> axes;
    for (const Dim& d : spatial) axes.push_back({d, d, Dim(1), Dim(0), Dim(0)});
    return WindowGrid(axes);
}

// What one output position covers along one axis.
struct Span {
    int64_t first = 0;   // input index of the first position inside
    int64_t count = 0;   // positions inside
    int64_t padded = 0;  // positions inside the padded input
};

std::vector<Span> spansOf(const WindowGrid& g, size_t d) {
    std::vector<Span> all;
    for (int64_t o = 0; o < g.output[d]; ++o) {
        int64_t start = o * g.stride[d] - g.before[d], step = g.dilation[d];
        auto positions = [&](int64_t end) {
            int64_t room = end - 1 - start;
            return room < 0 ? 0 : std::min(g.window[d], room / step + 1);
        };
        int64_t skipped = start < 0 ? (-start + step - 1) / step : 0;
        all.push_back({start + skipped * step,
                       std::max<int64_t>(0, positions(g.input[d]) - skipped),
                       positions(g.input[d] + g.after[d])});
    }
    return all;
}

// Elements from image to image, and from position to position along three axes; parts of larger
// buffers begin at `offset`.
struct Steps {
    int64_t image = 0, axis[3] = {}, offset = 0;
    explicit Steps(const device::TensorShape& t) : offset(t.format.offset) {
        const auto strides = t.format.stridesFor(t.dims);
        image = strides[0];
        for (size_t d = 2; d < strides.size(); ++d) axis[3 + d - strides.size()] = strides[d];
    }
};

class PoolingBound final : public device::Bound {
public:
    PoolingBound(const ops::Pooling& op, const Shapes& s)
        : g_(gridOf(op, s.inputs[0].dims)),
          batch_(s.inputs[0].dims[0]),
          channels_(s.inputs[0].dims[1]),
          last_(!s.inputs[0].format.isLinear()),
          average_(op.type == PoolingType::kAVERAGE),
          excludePadding_(op.excludePadding),
          global_(g_.outputSize() == 1 && whole() && s.inputs[0].format.isDense() &&
                  s.outputs[0].format.isDense()),
          from_(s.inputs[0]),
          to_(s.outputs[0]),
          brain_(s.inputs[0].type == DataType::kBF16) {
        for (size_t d = 0; d < 3; ++d) spans_[d] = spansOf(g_, d);
    }

    Status enqueue(device::Stream&, const device::Launch& launch) noexcept override {
        if (g_.inputSize() == 0 || channels_ == 0) return Status::success();
        brain_ ? pool<BFloat16>(launch) : pool<float>(launch);
        return Status::success();
    }
    std::string implementation() const override {
        return cat(global_ ? "global" : "windows", last_ ? ", channels last" : ", planes");
    }

private:
    Fold fold() const { return average_ ? Fold::sum : Fold::maximum; }
    bool whole() const {
        for (size_t d = 0; d < 3; ++d)
            if (g_.window[d] != g_.input[d] || g_.before[d] || g_.dilation[d] != 1 ||
                (g_.after[d] && average_))
                return false;
        return true;
    }
    float factor(int64_t inside, int64_t padded) const {
        if (!average_) return 1.f;
        int64_t n = excludePadding_ ? inside : padded;
        return n ? 1.f / static_cast<float>(n) : 0.f;
    }
    float emptyValue() const { return average_ ? 0.f : -std::numeric_limits<float>::infinity(); }

    template <typename T>
    void pool(const device::Launch& launch) const {
        const T* x = static_cast<const T*>(launch.inputs[0]) + from_.offset;
        T* y = static_cast<T*>(launch.outputs[0]) + to_.offset;
        if (global_)
            last_ ? globalLast(x, y) : globalPlanes(x, y);
        else if (last_)
            windowsLast(x, y);
        else if constexpr (std::is_same_v<T, float>)
            windowsPlanes(x, y);
    }

    template <typename T>
    void globalLast(const T* x, T* y) const {
        const RowFunctions& floats = rowFunctions();
        constexpr int64_t kRows = 512, kMost = 256;
        const int64_t size = g_.inputSize(),
                      chunk = std::clamp<int64_t>((channels_ / 4 + 31) / 32 * 32, 32, kMost);
        const int64_t chunks = (channels_ + chunk - 1) / chunk;
        parallelFor(batch_ * chunks, std::max<int64_t>(1, 32768 / (size * chunk)),
                    [&](int64_t begin, int64_t end) {
                        float part[kMost], total[kMost];
                        for (int64_t task = begin; task < end; ++task) {
                            int64_t n = task / chunks, c = task % chunks * chunk,
                                    width = std::min(chunk, channels_ - c);
                            const T* in = x + n * size * channels_ + c;
                            T* out = y + n * channels_ + c;
                            for (int64_t r = 0; r < size;
                                 r += kRows) {  // in parts, so that long sums keep their digits
                                rowsOf<T>().foldRows(fold(), in + r * channels_,
                                                     std::min(kRows, size - r), channels_,
                                                     r ? part : total, width, true);
                                if (r) floats.foldRows(fold(), part, 1, 0, total, width, false);
                            }
                            if (average_)
                                floats.scale(total, width, 1.f / static_cast<float>(size));
                            for (int64_t i = 0; i < width; ++i) out[i] = static_cast<T>(total[i]);
                        }
                    });
    }

    template <typename T>
    void globalPlanes(const T* x, T* y) const {
        const auto& simd = rowsOf<T>();
        const int64_t size = g_.inputSize();
        parallelFor(batch_ * channels_, std::max<int64_t>(1, 32768 / size),
                    [&](int64_t begin, int64_t end) {
                        for (int64_t p = begin; p < end; ++p)
                            y[p] =
                                static_cast<T>(simd.fold(fold(), x + p * size, size) *
                                               (average_ ? 1.f / static_cast<float>(size) : 1.f));
                    });
    }

    // Calls f for every row of outputs with its batch (or plane), z and y.
    template <typename F>
    void overRows(int64_t images, int64_t workPerRow, F&& f) const {
        const int64_t rows = g_.output[0] * g_.output[1];
        parallelFor(images * rows, std::max<int64_t>(1, 16384 / std::max<int64_t>(1, workPerRow)),
                    [&](int64_t begin, int64_t end) {
                        for (int64_t r = begin; r < end; ++r)
                            f(r / rows, static_cast<size_t>(r % rows / g_.output[1]),
                              static_cast<size_t>(r % g_.output[1]), r);
                    });
    }

    template <typename T>
    void windowsLast(const T* x, T* y) const {
        const auto& simd = rowsOf<T>();
        overRows(batch_, g_.output[2] * channels_ * g_.windowSize(),
                 [&](int64_t n, size_t oz, size_t oy, int64_t) {
                     constexpr int64_t kTaps = 256;
                     const T* taps[kTaps];
                     const Span &sz = spans_[0][oz], &sy = spans_[1][oy];
                     const T* image = x + n * from_.image;
                     T* out = y + n * to_.image + static_cast<int64_t>(oz) * to_.axis[0] +
                              static_cast<int64_t>(oy) * to_.axis[1];
                     for (size_t ox = 0; ox < spans_[2].size(); ++ox, out += to_.axis[2]) {
                         const Span& sx = spans_[2][ox];
                         int64_t count = 0;
                         for (int64_t k = 0; k < sz.count; ++k)
                             for (int64_t j = 0; j < sy.count; ++j)
                                 for (int64_t i = 0; i < sx.count; ++i)
                                     taps[count++] =
                                         image + (sz.first + k * g_.dilation[0]) * from_.axis[0] +
                                         (sy.first + j * g_.dilation[1]) * from_.axis[1] +
                                         (sx.first + i * g_.dilation[2]) * from_.axis[2];
                         if (count == 0)
                             std::fill_n(out, channels_, static_cast<T>(emptyValue()));
                         else
                             simd.foldTaps(fold(), taps, count, out, channels_,
                                           factor(count, sz.padded * sy.padded * sx.padded));
                     }
                 });
    }

    // Down the window first, whole rows at once, then along the row.
    void windowsPlanes(const float* x, float* y) const {
        const RowFunctions& simd = rowFunctions();
        const int64_t width = g_.input[2];
        overRows(
            batch_ * channels_, width * g_.window[0] * g_.window[1],
            [&](int64_t plane, size_t oz, size_t oy, int64_t row) {
                constexpr int64_t kTaps = 256, kWidth = 2048;
                const float* taps[kTaps];
                float folded[kWidth];
                const Span &sz = spans_[0][oz], &sy = spans_[1][oy];
                const float* image = x + plane * g_.inputSize();
                float* out = y + row * g_.output[2];
                int64_t count = 0;
                for (int64_t k = 0; k < sz.count; ++k)
                    for (int64_t j = 0; j < sy.count; ++j)
                        taps[count++] = image + ((sz.first + k * g_.dilation[0]) * g_.input[1] +
                                                 sy.first + j * g_.dilation[1]) *
                                                    width;
                if (count == 0) return void(std::fill_n(out, g_.output[2], emptyValue()));
                const float* line = taps[0];
                if (count > 1)
                    simd.foldTaps(fold(), taps, count, folded, width, 1.f), line = folded;
                for (size_t ox = 0; ox < spans_[2].size(); ++ox) {
                    const Span& sx = spans_[2][ox];
                    float r = sx.count ? line[sx.first] : emptyValue();
                    for (int64_t i = 1; i < sx.count; ++i) {
                        float v = line[sx.first + i * g_.dilation[2]];
                        r = average_ ? r + v : r != r ? r : r > v ? r : v;
                    }
                    out[ox] = average_
                                  ? r * factor(count * sx.count, sz.padded * sy.padded * sx.padded)
                                  : r;
                }
            });
    }

    WindowGrid g_;
    int64_t batch_, channels_;
    bool last_, average_, excludePadding_, global_;
    Steps from_, to_;
    bool brain_;
    std::vector<Span> spans_[3];
};

class PoolingKernel final : public device::Kernel {
public:
    explicit PoolingKernel(ops::Pooling op) : op_(std::move(op)) {}
    size_t workspaceBound(const Shapes&, const Shapes&, const Shapes&) const override { return 0; }
    std::unique_ptr<device::Bound> bind(const Shapes& shapes,
                                        device::ContextState&) const override {
        if (shapes.inputs[0].format.isLinear() && shapes.inputs[0].dims.back() > 2048 &&
            !op_.window.empty())
            fail(ErrorCode::kUNSUPPORTED_STATE, "pooling of planes wider than 2048");
        return std::make_unique<PoolingBound>(op_, shapes);
    }
    void save(ByteWriter& out) const override { putAttributes(out, op_); }

private:
    ops::Pooling op_;
};

class PoolingFactory final : public tactic::KernelFactory {
public:
    std::string_view name() const override { return kName; }
    Support supports(const tactic::Query& q) const override {
        const auto* op = q.group().anchorAs<ops::Pooling>();
        if (!op || !q.group().single()) return no("not a lone pooling");
        const auto type = onlyType(q);
        if (q.outputs() != 1 || !type || (*type != DataType::kFLOAT && *type != DataType::kBF16))
            return no("not one f32 or bf16 in, one out");
        if (op->type == PoolingType::kMAX_AVERAGE_BLEND)
            return no("a blend of maximum and average");
        if (product(op->window) > 256) return no("a window of more than 256 elements");
        return yes();
    }
    void formats(const tactic::Query& q, tactic::FormatList& out) const override {
        out.push_back(channelsLastCombination(q));
        const bool global = q.group().anchorAs<ops::Pooling>()->window.empty();
        out.back().acceptsViews = !global && !out.back().outputs[0].format.isLinear();
        if (q.in(0).type == DataType::kBF16 && !global) return;
        DimRange width = q.in(0).dims.back().range(q.ranges);
        if (width.max <= 2048 || global) out.push_back(combination(q));
    }
    tactic::Created create(const tactic::Query& q, const tactic::Tactic&) const override {
        tactic::Created made;
        made.kernel = std::make_unique<PoolingKernel>(*q.group().anchorAs<ops::Pooling>());
        return made;
    }
    std::unique_ptr<device::Kernel> load(ByteReader& in, device::Device&) const override {
        return std::make_unique<PoolingKernel>(getAttributes<ops::Pooling>(in));
    }
};

}  // namespace

void registerKernel_pooling_simd(tactic::Catalog& catalog) {
    catalog.add(std::make_unique<PoolingFactory>());
}

}  // namespace bireme::cpu
