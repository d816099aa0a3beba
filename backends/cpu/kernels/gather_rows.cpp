// SPDX-License-Identifier: Apache-2.0
// Gather along one axis: whole rows are copied. An index outside reads zeros, as the op's reference
// does.
#include "backends/cpu/support/factory.h"
#include "backends/cpu/support/record.h"
#include "base/parallel_for.h"
#include "ops/gather.h"

#include <algorithm>
#include <cstring>

namespace bireme::cpu {

using device::Shapes;

namespace {

class GatherBound final : public device::Bound {
public:
    GatherBound(size_t axis, const Shapes& s) : wide_(s.inputs[1].type == DataType::kINT64) {
        const auto &data = s.inputs[0].dims, &indices = s.inputs[1].dims;
        for (size_t d = 0; d < axis; ++d) outer_ *= data[d];
        extent_ = data[axis];
        count_ = product(indices);
        size_t inner = 1;
        for (size_t d = axis + 1; d < data.size(); ++d) inner *= static_cast<size_t>(data[d]);
        bytes_ = inner * static_cast<size_t>(bits(s.inputs[0].type)) / 8;
    }

    Status enqueue(device::Stream&, const device::Launch& launch) noexcept override {
        const auto* data = static_cast<const uint8_t*>(launch.inputs[0]);
        auto* out = static_cast<uint8_t*>(launch.outputs[0]);
        int64_t grain = std::max<int64_t>(1, static_cast<int64_t>(65536 / (bytes_ + 1)));
        parallelFor(outer_ * count_, grain, [&](int64_t begin, int64_t end) {
            for (int64_t k = begin; k < end; ++k) {
                int64_t i = index(launch.inputs[1], k % count_);
                uint8_t* to = out + static_cast<size_t>(k) * bytes_;
                if (i < 0) i += extent_;
                if (i < 0 || i >= extent_)
                    std::memset(to, 0, bytes_);
                else
                    std::memcpy(to, data + static_cast<size_t>(k / count_ * extent_ + i) * bytes_,
                                bytes_);
            }
        });
        return Status::success();
    }

private:
    int64_t index(const void* p, int64_t k) const {
        return wide_ ? static_cast<const int64_t*>(p)[k] : static_cast<const int32_t*>(p)[k];
    }

    bool wide_;
    int64_t outer_ = 1, extent_, count_;
    size_t bytes_;
};

class GatherKernel final : public device::Kernel {
public:
    explicit GatherKernel(size_t axis) : axis_(axis) {}
    size_t workspaceBound(const Shapes&, const Shapes&, const Shapes&) const override { return 0; }
    std::unique_ptr<device::Bound> bind(const Shapes& shapes,
                                        device::ContextState&) const override {
        return std::make_unique<GatherBound>(axis_, shapes);
    }
    void save(ByteWriter& out) const override { out.varint(axis_); }

private:
    size_t axis_;
};

class GatherFactory final : public tactic::KernelFactory {
public:
    std::string_view name() const override { return "cpu.gather.rows"; }

    Support supports(const tactic::Query& q) const override {
        const auto* op = q.group().anchorAs<ops::Gather>();
        if (!op || !q.group().single() || q.inputs() != 2) return no("the group is no lone gather");
        if (op->mode != GatherMode::kDEFAULT || op->elementWiseDims != 0)
            return no("this mode of gather does not copy rows");
        if (q.in(1).type != DataType::kINT64 && q.in(1).type != DataType::kINT32)
            return no("indices are neither int32 nor int64");
        return bits(q.in(0).type) % 8 == 0 ? yes() : no("elements are smaller than a byte");
    }

    tactic::Created create(const tactic::Query& q, const tactic::Tactic&) const override {
        int64_t axis = q.group().anchorAs<ops::Gather>()->axis;
        tactic::Created made;
        made.kernel = std::make_unique<GatherKernel>(
            static_cast<size_t>(axis < 0 ? axis + q.in(0).rank() : axis));
        return made;
    }

    std::unique_ptr<device::Kernel> load(ByteReader& in, device::Device&) const override {
        return std::make_unique<GatherKernel>(static_cast<size_t>(in.varint()));
    }
};

}  // namespace

void registerKernel_gather_rows(tactic::Catalog& catalog) {
    catalog.add(std::make_unique<GatherFactory>());
}

}  // namespace bireme::cpu
