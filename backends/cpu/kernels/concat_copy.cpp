// SPDX-License-Identifier: Apache-2.0
// Concatenation: each operand is copied into its part of the output, in whole rows where memory
// allows.
#include "backends/cpu/movement/table_copy.h"
#include "backends/cpu/support/factory.h"
#include "backends/cpu/support/record.h"
#include "ops/concat.h"

namespace bireme::cpu {

using device::Shapes;

namespace {

class ConcatBound final : public device::Bound {
public:
    ConcatBound(size_t axis, const std::vector<int>& slots, const Shapes& shapes) : slots_(slots) {
        const auto& out = shapes.outputs[0];
        auto outSteps = out.format.stridesFor(out.dims);
        int64_t begin = out.format.offset;
        for (int slot : slots_) {
            const auto& in = shapes.inputs[static_cast<size_t>(slot)];
            auto inSteps = in.format.stridesFor(in.dims);
            std::vector<CopyAxis> axes(in.dims.size());
            for (size_t d = 0; d < axes.size(); ++d)
                axes[d].count = in.dims[d], axes[d].outStep = outSteps[d],
                axes[d].step = inSteps[d];
            copies_.emplace_back(std::move(axes), static_cast<size_t>(bits(out.type)) / 8,
                                 in.format.offset, begin);
            begin += in.dims[axis] * outSteps[axis];
        }
    }

    Status enqueue(device::Stream&, const device::Launch& launch) noexcept override {
        for (size_t i = 0; i < slots_.size(); ++i)
            copies_[i].run(launch.outputs[0], launch.inputs[slots_[i]]);
        return Status::success();
    }

private:
    std::vector<int> slots_;
    std::vector<TableCopy> copies_;
};

class ConcatKernel final : public device::Kernel {
public:
    ConcatKernel(size_t axis, std::vector<int> slots) : axis_(axis), slots_(std::move(slots)) {}
    size_t workspaceBound(const Shapes&, const Shapes&, const Shapes&) const override { return 0; }
    std::unique_ptr<device::Bound> bind(const Shapes& shapes,
                                        device::ContextState&) const override {
        return std::make_unique<ConcatBound>(axis_, slots_, shapes);
    }
    void save(ByteWriter& out) const override {
        out.varint(axis_);
        putInts(out, {slots_.begin(), slots_.end()});
    }

private:
    size_t axis_;
    std::vector<int> slots_;  // body input of each operand: one tensor may stand twice
};

class ConcatFactory final : public tactic::KernelFactory {
public:
    std::string_view name() const override { return "cpu.concat.copy"; }

    Support supports(const tactic::Query& q) const override {
        if (!q.group().single() || !q.group().anchorAs<ops::Concat>())
            return no("the group is no lone concat");
        return bits(q.out(0).type) % 8 == 0 ? yes() : no("elements are smaller than a byte");
    }

    void formats(const tactic::Query& q, tactic::FormatList& out) const override {
        out.push_back(combination(q));
        if (q.out(0).rank() >= 3)
            out.push_back(combination(q, Format::channelsLast(q.out(0).rank())));
        for (auto& c : out) c.acceptsViews = true;
    }

    tactic::Created create(const tactic::Query& q, const tactic::Tactic&) const override {
        const ir::Node& n = *q.group().anchor();
        int64_t axis = n.op.as<ops::Concat>()->axis;
        std::vector<int> slots;
        for (size_t i = 0; i < n.inputs.size(); ++i)
            slots.push_back(q.group().anchorInput(static_cast<int>(i)));
        tactic::Created made;
        made.kernel = std::make_unique<ConcatKernel>(
            static_cast<size_t>(axis < 0 ? axis + q.out(0).rank() : axis), std::move(slots));
        return made;
    }

    std::unique_ptr<device::Kernel> load(ByteReader& in, device::Device&) const override {
        auto axis = static_cast<size_t>(in.varint());
        auto slots = getInts(in);
        return std::make_unique<ConcatKernel>(axis, std::vector<int>(slots.begin(), slots.end()));
    }
};

}  // namespace

void registerKernel_concat_copy(tactic::Catalog& catalog) {
    catalog.add(std::make_unique<ConcatFactory>());
}

}  // namespace bireme::cpu
