// SPDX-License-Identifier: Apache-2.0
// Gather along one axis: runs of memory picked by index.
#include "backends/cpu/support/factory.h"
#include "backends/cpu/support/record.h"
#include "base/parallel_for.h"
#include "ops/gather.h"
#include "ops/support/axis_view.h"

#include <cstring>

namespace bireme::cpu {

using device::Shapes;

namespace {

constexpr const char* kName = "cpu.gather.rows";

class GatherBound final : public device::Bound {
public:
    GatherBound(const Shapes& s, int64_t axis, int data, int indices)
        : view_(s.inputs[static_cast<size_t>(data)].dims, axis),
          data_(data),
          indices_(indices),
          count_(product(s.inputs[static_cast<size_t>(indices)].dims)),
          wide_(s.inputs[static_cast<size_t>(indices)].type == DataType::kINT64) {
        bytes_ = static_cast<size_t>(view_.inner) *
                 static_cast<size_t>(bits(s.inputs[static_cast<size_t>(data)].type)) / 8;
    }

    Status enqueue(device::Stream&, const device::Launch& launch) noexcept override {
        const char* in = static_cast<const char*>(launch.inputs[data_]);
        char* out = static_cast<char*>(launch.outputs[0]);
        const void* at = launch.inputs[indices_];
        int64_t grain = std::max<int64_t>(1, 65536 / static_cast<int64_t>(bytes_ + 1));
        parallelFor(view_.outer * count_, grain, [&](int64_t begin, int64_t end) {
            for (int64_t row = begin; row < end; ++row) {
                int64_t k = row % count_, i = wide_ ? static_cast<const int64_t*>(at)[k]
                                                    : static_cast<const int32_t*>(at)[k];
                if (i < 0) i += view_.extent;
                char* to = out + static_cast<size_t>(row) * bytes_;
                if (i < 0 || i >= view_.extent)
                    std::memset(to, 0, bytes_);  // as the op says
                else
                    copyRow(to, in + static_cast<size_t>(row / count_ * view_.extent + i) * bytes_);
            }
        });
        return Status::success();
    }
    std::string implementation() const override { return cat("rows of ", bytes_, " bytes"); }

private:
    void copyRow(char* to, const char* from) const {
        if (bytes_ == 4)
            std::memcpy(to, from, 4);
        else if (bytes_ == 8)
            std::memcpy(to, from, 8);
        else
            std::memcpy(to, from, bytes_);
    }
    ops::AxisView view_;
    int data_, indices_;
    int64_t count_;
    bool wide_;
    size_t bytes_ = 0;
};

class GatherKernel final : public device::Kernel {
public:
    GatherKernel(int64_t axis, int data, int indices)
        : axis_(axis), data_(data), indices_(indices) {}
    size_t workspaceBound(const Shapes&, const Shapes&, const Shapes&) const override { return 0; }
    std::unique_ptr<device::Bound> bind(const Shapes& shapes,
                                        device::ContextState&) const override {
        return std::make_unique<GatherBound>(shapes, axis_, data_, indices_);
    }
    void save(ByteWriter& out) const override { putInts(out, {axis_, data_, indices_}); }

private:
    int64_t axis_;
    int data_, indices_;
};

class GatherFactory final : public tactic::KernelFactory {
public:
    std::string_view name() const override { return kName; }
    Support supports(const tactic::Query& q) const override {
        const auto* op = q.group().anchorAs<ops::Gather>();
        if (!op || !q.group().single()) return no("not a lone gather");
        if (op->mode != GatherMode::kDEFAULT || op->elementWiseDims != 0)
            return no("not one index per row");
        int indices = q.group().anchorInput(1);
        if (q.in(indices).type != DataType::kINT32 && q.in(indices).type != DataType::kINT64)
            return no("indices are neither i32 nor i64");
        if (bits(q.out(0).type) < 8) return no("elements of less than a byte");
        return yes();
    }
    tactic::Created create(const tactic::Query& q, const tactic::Tactic&) const override {
        tactic::Created made;
        made.kernel =
            std::make_unique<GatherKernel>(q.group().anchorAs<ops::Gather>()->axis,
                                           q.group().anchorInput(0), q.group().anchorInput(1));
        return made;
    }
    std::unique_ptr<device::Kernel> load(ByteReader& in, device::Device&) const override {
        auto v = getInts(in);
        if (v.size() != 3) in.corrupt("a gather has three numbers");
        return std::make_unique<GatherKernel>(v[0], static_cast<int>(v[1]), static_cast<int>(v[2]));
    }
};

}  // namespace

void registerKernel_gather_rows(tactic::Catalog& catalog) {
    catalog.add(std::make_unique<GatherFactory>());
}

}  // namespace bireme::cpu
