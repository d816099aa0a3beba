// SPDX-License-Identifier: Apache-2.0
// Assertions about data: the condition is read back, which is a wait, and looked at.
#include "backends/cuda/support/factory.h"
#include "backends/cuda/support/late.h"
#include "backends/cuda/support/record.h"
#include "device/guarded.h"
#include "ops/assertion.h"

#include <algorithm>

namespace bireme::cuda {

using device::Shapes;

namespace {

class AssertionBound final : public device::Bound {
public:
    AssertionBound(std::string text, CudaDevice& device, const Shapes& shapes)
        : text_(std::move(text)), device_(device), condition_(shapes, {0}) {}

    Status enqueue(device::Stream& stream, const device::Launch& l) noexcept override {
        return device::guarded(message_, [&] {
            condition_.fetch(l, device_, stream);
            const auto* x = static_cast<const uint8_t*>(condition_.shapes().hostInputs[0]);
            const int64_t n = product(condition_.shapes().inputs[0].dims);
            return std::find(x, x + n, uint8_t{0}) == x + n
                       ? Status::success()
                       : Status{ErrorCode::kFAILED_EXECUTION, text_.c_str()};
        });
    }
    std::string implementation() const override { return "condition read back"; }

private:
    std::string text_, message_;
    CudaDevice& device_;
    ReadBack condition_;
};

class AssertionKernel final : public device::Kernel {
public:
    AssertionKernel(ops::Assertion op, device::Device& device)
        : op_(std::move(op)), device_(device) {}
    size_t workspaceBound(const Shapes&, const Shapes&, const Shapes&) const override { return 0; }
    std::unique_ptr<device::Bound> bind(const Shapes& shapes,
                                        device::ContextState&) const override {
        return std::make_unique<AssertionBound>(
            op_.message.empty() ? "assertion does not hold" : op_.message,
            static_cast<CudaDevice&>(device_), shapes);
    }
    void save(ByteWriter& out) const override { putAttributes(out, op_); }
    bool recordable() const override { return false; }

private:
    ops::Assertion op_;
    device::Device& device_;
};

class Factory final : public tactic::KernelFactory {
public:
    std::string_view name() const override { return "cuda.assertion.read"; }
    Support supports(const tactic::Query& q) const override {
        if (!q.group().single() || !q.group().anchorAs<ops::Assertion>())
            return no("not a lone assertion");
        return q.device().properties().hostMemory ? no("the device is not a GPU") : yes();
    }
    tactic::Created create(const tactic::Query& q, const tactic::Tactic&) const override {
        return {
            std::make_unique<AssertionKernel>(*q.group().anchorAs<ops::Assertion>(), q.device()),
            {},
            {}};
    }
    std::unique_ptr<device::Kernel> load(ByteReader& in, device::Device& device) const override {
        return std::make_unique<AssertionKernel>(getAttributes<ops::Assertion>(in), device);
    }
};

}  // namespace

void registerKernel_assertion_read(tactic::Catalog& catalog) {
    catalog.add(std::make_unique<Factory>());
}

}  // namespace bireme::cuda
