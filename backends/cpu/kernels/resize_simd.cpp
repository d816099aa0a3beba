// SPDX-License-Identifier: Apache-2.0
// Interpolation of one to three spatial dims, batch and channels unchanged.
#include "backends/cpu/simd/rows.h"
#include "backends/cpu/support/factory.h"
#include "backends/cpu/support/record.h"
#include "base/parallel_for.h"
#include "ops/resize.h"
#include "ops/support/resize_taps.h"

#include <algorithm>
#include <array>
#include <cstring>

namespace bireme::cpu {

using device::Shapes;
using ops::Taps;

namespace {

constexpr const char* kName = "cpu.resize.simd";

class ResizeBound final : public device::Bound {
public:
    ResizeBound(const ops::Resize& op, const Shapes& s, int input)
        : input_(input),
          nearest_(op.mode == InterpolationMode::kNEAREST),
          brain_(s.outputs[0].type == DataType::kBF16) {
        const auto &x = s.inputs[static_cast<size_t>(input)].dims, &y = s.outputs[0].dims;
        last_ = !s.inputs[static_cast<size_t>(input)].format.isLinear();
        batch_ = x[0], channels_ = x[1];
        for (size_t d = 2; d < x.size(); ++d) {
            size_t axis = d + 3 - x.size();
            in_[axis] = x[d], out_[axis] = y[d];
            float scale = op.scales.empty() ? static_cast<float>(y[d]) / static_cast<float>(x[d])
                                            : op.scales[d];
            taps_[axis] = x[d] == y[d] && (op.scales.empty() || op.scales[d] == 1)
                              ? identity(x[d])
                              : ops::resizeTaps(op, x[d], y[d], scale);
        }
        for (size_t axis = 0; axis < 5 - x.size(); ++axis) taps_[axis] = identity(1);
    }

    Status enqueue(device::Stream&, const device::Launch& launch) noexcept override {
        brain_ ? resize<BFloat16>(launch) : resize<float>(launch);
        return Status::success();
    }
    std::string implementation() const override {
        return cat(nearest_ ? "nearest" : "interpolated", last_ ? ", channels last" : ", planes");
    }

private:
    template <typename T>
    void resize(const device::Launch& launch) const {
        const T* x = static_cast<const T*>(launch.inputs[input_]);
        T* y = static_cast<T*>(launch.outputs[0]);
        const int64_t images = last_ ? batch_ : batch_ * channels_, depth = last_ ? channels_ : 1;
        const int64_t rows = out_[0] * out_[1], inSize = in_[0] * in_[1] * in_[2] * depth,
                      rowSize = out_[2] * depth;
        if (rowSize == 0) return;
        parallelFor(images * rows, std::max<int64_t>(1, 16384 / rowSize),
                    [&](int64_t begin, int64_t end) {
                        for (int64_t r = begin; r < end; ++r) {
                            const Taps &z = taps_[0][static_cast<size_t>(r % rows / out_[1])],
                                       &v = taps_[1][static_cast<size_t>(r % out_[1])];
                            const T* image = x + r / rows * inSize;
                            if (nearest_)
                                nearestRow(image, z, v, depth, y + r * rowSize);
                            else
                                mixedRow(image, z, v, depth, y + r * rowSize);
                        }
                    });
    }

    static std::vector<Taps> identity(int64_t n) {
        std::vector<Taps> all(static_cast<size_t>(n));
        for (size_t i = 0; i < all.size(); ++i) {
            all[i].index[0] = static_cast<int64_t>(i);
            all[i].weight[0] = 1;
        }
        return all;
    }

    template <typename T>
    void nearestRow(const T* image, const Taps& z, const Taps& v, int64_t depth, T* out) const {
        const T* line = image + (z.index[0] * in_[1] + v.index[0]) * in_[2] * depth;
        const auto& across = taps_[2];
        if (depth == 1) {
            for (size_t i = 0; i < across.size(); ++i) out[i] = line[across[i].index[0]];
            return;
        }
        for (const Taps& t : across) {
            std::memcpy(out, line + t.index[0] * depth, static_cast<size_t>(depth) * sizeof(T));
            out += depth;
        }
    }

    template <typename T>
    void mixedRow(const T* image, const Taps& z, const Taps& v, int64_t depth, T* out) const {
        const T* lines[16];
        float heights[16];
        int count = 0;
        for (int a = 0; a < z.count; ++a)
            for (int b = 0; b < v.count; ++b) {
                heights[count] = z.weight[a] * v.weight[b];
                if (heights[count] != 0)
                    lines[count++] = image + (z.index[a] * in_[1] + v.index[b]) * in_[2] * depth;
            }
        for (const Taps& t : taps_[2]) {
            const T* taps[64];
            float weights[64];
            int n = 0;
            for (int a = 0; a < count; ++a)
                for (int b = 0; b < t.count; ++b) {
                    weights[n] = heights[a] * t.weight[b];
                    if (weights[n] != 0 || n == 0) taps[n++] = lines[a] + t.index[b] * depth;
                }
            if (depth > 1 && n > 0) {
                rowsOf<T>().mixTaps(taps, weights, n, out, depth);
            } else {
                float sum = 0;
                for (int k = 0; k < n; ++k) sum += weights[k] * static_cast<float>(*taps[k]);
                std::fill_n(out, depth, static_cast<T>(sum));
            }
            out += depth;
        }
    }

    int input_;
    bool nearest_, brain_, last_ = false;
    int64_t batch_ = 1, channels_ = 1;
    std::array<int64_t, 3> in_{1, 1, 1}, out_{1, 1, 1};
    std::array<std::vector<Taps>, 3> taps_;
};

class ResizeKernel final : public device::Kernel {
public:
    ResizeKernel(ops::Resize op, int input) : op_(std::move(op)), input_(input) {}
    size_t workspaceBound(const Shapes&, const Shapes&, const Shapes&) const override { return 0; }
    std::unique_ptr<device::Bound> bind(const Shapes& shapes,
                                        device::ContextState&) const override {
        return std::make_unique<ResizeBound>(op_, shapes, input_);
    }
    void save(ByteWriter& out) const override {
        putAttributes(out, op_);
        putInt(out, input_);
    }

private:
    ops::Resize op_;
    int input_;
};

class ResizeFactory final : public tactic::KernelFactory {
public:
    std::string_view name() const override { return kName; }
    Support supports(const tactic::Query& q) const override {
        const auto* op = q.group().anchorAs<ops::Resize>();
        if (!op || !q.group().single()) return no("not a lone resize");
        int x = q.group().anchorInput(0), rank = q.out(0).rank();
        if (q.in(x).type != q.out(0).type ||
            (q.in(x).type != DataType::kFLOAT && q.in(x).type != DataType::kBF16))
            return no("elements are neither f32 nor bf16");
        if (rank < 3 || rank > 5)
            return no("the tensor has no batch, channel and one to three spatial dims");
        for (size_t d = 0; d < 2; ++d)
            if (!(q.in(x).dims[d] == q.out(0).dims[d]) ||
                (!op->scales.empty() && op->scales[d] != 1))
                return no("batch or channels are resized");
        for (const Dim& d : q.in(x).dims)
            if (d.range(q.ranges).min == 0) return no("the input may be empty");
        return yes();
    }
    void formats(const tactic::Query& q, tactic::FormatList& out) const override {
        auto x = static_cast<size_t>(q.group().anchorInput(0));
        out.push_back(combination(q));
        out.push_back(combination(q));
        out.back().inputs[x].format = out.back().outputs[0].format =
            Format::channelsLast(q.out(0).rank());
    }
    tactic::Created create(const tactic::Query& q, const tactic::Tactic&) const override {
        tactic::Created made;
        made.kernel = std::make_unique<ResizeKernel>(*q.group().anchorAs<ops::Resize>(),
                                                     q.group().anchorInput(0));
        if (int i = q.group().anchorInput(1); i >= 0 && q.constant(i)) made.consumed.push_back(i);
        return made;
    }
    std::unique_ptr<device::Kernel> load(ByteReader& in, device::Device&) const override {
        auto op = getAttributes<ops::Resize>(in);
        return std::make_unique<ResizeKernel>(std::move(op), static_cast<int>(getInt(in)));
    }
};

}  // namespace

void registerKernel_resize_simd(tactic::Catalog& catalog) {
    catalog.add(std::make_unique<ResizeFactory>());
}

}  // namespace bireme::cpu
