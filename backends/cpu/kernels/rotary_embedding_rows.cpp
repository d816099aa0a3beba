// SPDX-License-Identifier: Apache-2.0
// Rotary embedding: a row of features at a time, wherever the heads lie.
#include "backends/cpu/support/attention_heads.h"
#include "backends/cpu/support/factory.h"
#include "backends/cpu/support/record.h"
#include "base/parallel_for.h"
#include "ops/rotary_embedding.h"
#include "tensor/half.h"

#include <algorithm>
#include <array>

namespace bireme::cpu {

using device::Shapes;

namespace {

constexpr const char* kName = "cpu.rotary_embedding.rows";

// Inputs of the step: x, cosines, sines.
using Operands = std::array<int, 3>;

template <typename T>
class RotaryBound final : public device::Bound {
public:
    RotaryBound(const ops::RotaryEmbedding& op, const Operands& inputs, const Shapes& s)
        : interleaved_(op.interleaved), inputs_(inputs) {
        const auto& dims = s.outputs[0].dims;
        all_ = dims.back();
        size_ = op.turned(all_);
        const std::vector<int64_t> rows(dims.begin(), dims.end() - 1);
        each_ = s.inputs[static_cast<size_t>(inputs[1])].dims.back() == size_;
        std::vector<std::vector<int64_t>> steps;
        for (size_t k = 0; k < 4; ++k) {
            const device::TensorShape& t =
                k < 3 ? s.inputs[static_cast<size_t>(inputs_[k])] : s.outputs[0];
            steps.push_back(stepsOf(t, dims));
            begin_[k] = t.format.offset;
        }
        walk_ = collapse(rows, steps, 3);
        parts_ = std::clamp<int64_t>(walk_.count() * all_ / 16384, 1,
                                     std::clamp<int64_t>(walk_.count(), 1, maxThreads()));
    }

    Status enqueue(device::Stream&, const device::Launch& launch) noexcept override {
        const int64_t rows = walk_.count();
        parallelFor(parts_, 1, [&](int64_t begin, int64_t end) {
            for (int64_t r = rows * begin / parts_; r < rows * end / parts_; ++r) row(launch, r);
        });
        return Status::success();
    }
    std::string implementation() const override { return interleaved_ ? "neighbours" : "halves"; }

private:
    static std::vector<int64_t> stepsOf(const device::TensorShape& t,
                                        const std::vector<int64_t>& to) {
        auto steps = broadcastSteps(t.dims, t.format, to);
        steps.pop_back();
        return steps;
    }

    void row(const device::Launch& launch, int64_t r) const {
        std::array<int64_t, 4> at = begin_;
        for (size_t d = walk_.dims.size(); d-- > 0; r /= walk_.dims[d])
            for (size_t k = 0; k < at.size(); ++k) at[k] += r % walk_.dims[d] * walk_.strides[k][d];
        const T* x = static_cast<const T*>(launch.inputs[inputs_[0]]) + at[0];
        const T* cosines = static_cast<const T*>(launch.inputs[inputs_[1]]) + at[1];
        const T* sines = static_cast<const T*>(launch.inputs[inputs_[2]]) + at[2];
        T* y = static_cast<T*>(launch.outputs[0]) + at[3];
        const int64_t pairs = size_ / 2;
        const int64_t far = interleaved_ ? 1 : pairs, step = interleaved_ ? 2 : 1;
        if (step == 1)
            turn(x, cosines, sines, y, pairs, far, each_ ? pairs : 0, 1, 1);
        else
            turn(x, cosines, sines, y, pairs, far, each_ ? 1 : 0, 2, each_ ? 2 : 1);
        std::copy(x + size_, x + all_, y + size_);
    }

    // Pairs x[k * step] and x[k * step + far]; the second's angles are `other` behind the first's.
    static void turn(const T* x, const T* cosines, const T* sines, T* y, int64_t pairs, int64_t far,
                     int64_t other, int64_t step, int64_t angleStep) {
        auto f = [](T v) { return static_cast<float>(v); };
        for (int64_t k = 0; k < pairs; ++k) {
            const float p = f(x[k * step]), q = f(x[k * step + far]);
            const int64_t a = k * angleStep, b = a + other;
            y[k * step] = T(p * f(cosines[a]) - q * f(sines[a]));
            y[k * step + far] = T(q * f(cosines[b]) + p * f(sines[b]));
        }
    }

    bool interleaved_, each_ = false;
    Operands inputs_;
    std::array<int64_t, 4> begin_{};          // in elements: x, cosines, sines, y
    int64_t all_ = 0, size_ = 0, parts_ = 1;  // features, those that are turned
    Walk walk_;
};

class RotaryKernel final : public device::Kernel {
public:
    RotaryKernel(const ops::RotaryEmbedding& op, const Operands& inputs)
        : op_(op), inputs_(inputs) {}
    size_t workspaceBound(const Shapes&, const Shapes&, const Shapes&) const override { return 0; }
    std::unique_ptr<device::Bound> bind(const Shapes& s, device::ContextState&) const override {
        switch (s.outputs[0].type) {
            case DataType::kHALF: return bound<Half>(s);
            case DataType::kBF16: return bound<BFloat16>(s);
            default: return bound<float>(s);
        }
    }
    void save(ByteWriter& out) const override {
        putInts(out, {op_.interleaved, inputs_[0], inputs_[1], inputs_[2], op_.features});
    }

private:
    template <typename T>
    std::unique_ptr<device::Bound> bound(const Shapes& s) const {
        return std::make_unique<RotaryBound<T>>(op_, inputs_, s);
    }
    ops::RotaryEmbedding op_;
    Operands inputs_;
};

class RotaryFactory final : public tactic::KernelFactory {
public:
    std::string_view name() const override { return kName; }
    Support supports(const tactic::Query& q) const override {
        if (!q.group().anchorAs<ops::RotaryEmbedding>() || !q.group().single())
            return no("not a lone rotary embedding");
        const auto type = onlyType(q);
        if (type != DataType::kFLOAT && type != DataType::kBF16 && type != DataType::kHALF)
            return no("elements are not all f32, bf16 or f16");
        return yes();
    }
    void formats(const tactic::Query& q, tactic::FormatList& out) const override {
        headFormats(q, 1, out);
    }
    tactic::Created create(const tactic::Query& q, const tactic::Tactic&) const override {
        tactic::Created made;
        const ir::GroupView& g = q.group();
        made.kernel = std::make_unique<RotaryKernel>(
            *g.anchorAs<ops::RotaryEmbedding>(),
            Operands{g.anchorInput(0), g.anchorInput(1), g.anchorInput(2)});
        return made;
    }
    std::unique_ptr<device::Kernel> load(ByteReader& in, device::Device&) const override {
        const auto v = getInts(in);
        if (v.size() != 5 || v[4] < 0) in.corrupt("a rotary embedding has five numbers");
        ops::RotaryEmbedding op;
        op.interleaved = v[0] != 0, op.features = v[4];
        return std::make_unique<RotaryKernel>(
            op, Operands{static_cast<int>(v[1]), static_cast<int>(v[2]), static_cast<int>(v[3])});
    }
};

}  // namespace

void registerKernel_rotary_embedding_rows(tactic::Catalog& catalog) {
    catalog.add(std::make_unique<RotaryFactory>());
}

}  // namespace bireme::cpu
