// SPDX-License-Identifier: Apache-2.0
// A group whose results have no elements at any shape: there is nothing to compute.
#include "backends/cpu/support/factory.h"
#include "ops/plugin.h"

#include <algorithm>
#include <memory>

namespace bireme::cpu {

namespace {

class EmptyBound final : public device::Bound {
public:
    Status enqueue(device::Stream&, const device::Launch&) noexcept override {
        return Status::success();
    }
    std::string implementation() const override { return "nothing"; }
};

class EmptyKernel final : public device::Kernel {
public:
    size_t workspaceBound(const device::Shapes&, const device::Shapes&,
                          const device::Shapes&) const override {
        return 0;
    }
    std::unique_ptr<device::Bound> bind(const device::Shapes& shapes,
                                        device::ContextState&) const override {
        for (const device::TensorShape& s : shapes.outputs)
            if (s.present && std::find(s.dims.begin(), s.dims.end(), 0) == s.dims.end())
                failInvalid(cat("a step that makes nothing has an output of ", dimsText(s.dims)));
        return std::make_unique<EmptyBound>();
    }
    void save(ByteWriter&) const override {}
};

bool isEmpty(const TensorDesc& d, const tactic::Query& q) {
    return std::any_of(d.dims.begin(), d.dims.end(), [&](const Dim& x) {
        const DimRange r = x.range(q.ranges);
        return r.min == 0 && r.max == 0;
    });
}

class EmptyFactory final : public tactic::KernelFactory {
public:
    std::string_view name() const override { return "cpu.empty.result"; }
    Support supports(const tactic::Query& q) const override {
        if (q.outputs() == 0) return no("no output");
        for (int i = 0; i < q.outputs(); ++i)
            if (!isEmpty(q.out(i), q)) return no("an output may have elements");
        for (ir::NodeId id : q.body().nodeIds()) {
            const auto& op = q.body().node(id).op;
            if (op.as<ops::Plugin>()) return no("a plugin may do more");
            if (op.def().has(ir::kDataDependent)) return no("other extents are found by running");
        }
        return yes();
    }
    tactic::Created create(const tactic::Query&, const tactic::Tactic&) const override {
        return {std::make_unique<EmptyKernel>(), {}, {}};
    }
    std::unique_ptr<device::Kernel> load(ByteReader&, device::Device&) const override {
        return std::make_unique<EmptyKernel>();
    }
};

}  // namespace

void registerKernel_empty_result(tactic::Catalog& catalog) {
    catalog.add(std::make_unique<EmptyFactory>());
}

}  // namespace bireme::cpu
