// SPDX-License-Identifier: Apache-2.0
// Any group, by the eval of every op in it.
#include "base/status.h"
#include "base/text.h"
#include "device/guarded.h"
#include "ir/interpret.h"
#include "ir/serialize.h"
#include "tactic/body_kernel.h"
#include "tactic/catalog.h"

#include <memory>

namespace bireme::reference {

namespace {

class BoundGroup final : public device::Bound {
public:
    BoundGroup(std::shared_ptr<const ir::Graph> body, device::Shapes shapes)
        : body_(std::move(body)), shapes_(std::move(shapes)) {}

    Status enqueue(device::Stream&, const device::Launch& launch) noexcept override {
        return device::guarded(message_, [&] {
            run(launch);
            return Status::success();
        });
    }
    std::string implementation() const override { return "reference"; }

private:
    void run(const device::Launch& launch) {
        std::vector<ir::Tensor> inputs;
        for (size_t i = 0; i < shapes_.inputs.size(); ++i) {
            const auto& s = shapes_.inputs[i];
            inputs.push_back(
                {s.type, s.dims,
                 Blob::borrow(launch.inputs[i], bytesFor(s.type, ir::elementCount(s.dims)))});
        }
        auto results = ir::interpret(*body_, inputs);
        for (size_t i = 0; i < results.size(); ++i) store(launch, static_cast<int>(i), results[i]);
    }

    void store(const device::Launch& launch, int output, const ir::Tensor& result) {
        const auto& s = shapes_.outputs[static_cast<size_t>(output)];
        if (!s.present) return;
        const bool open = tactic::isOpen(s);
        if (result.type != s.type || (!open && result.dims != s.dims))
            fail(ErrorCode::kFAILED_EXECUTION,
                 cat("output ", output, " is ", name(result.type), text(toDims(result.dims)),
                     ", expected ", name(s.type), text(toDims(s.dims))));
        tactic::deliver(launch, output, open, result.dims, result.bytes.data(),
                        result.bytes.size());
    }

    std::shared_ptr<const ir::Graph> body_;
    device::Shapes shapes_;
    std::string message_;
};

class GroupKernel final : public tactic::BodyKernel {
public:
    using BodyKernel::BodyKernel;
    std::unique_ptr<device::Bound> bind(const device::Shapes& shapes,
                                        device::ContextState&) const override {
        requireShapes(shapes);
        return std::make_unique<BoundGroup>(body(), shapes);
    }
};

tactic::Support runnable(const ir::Graph& g) {
    for (ir::NodeId id : g.nodeIds()) {
        const ir::Node& n = g.node(id);
        if (!n.outputs.empty() && g.isConstant(n.outputs[0])) continue;
        if (!n.op.def().eval) return tactic::no(cat(n.op.name(), " has no reference result"));
        for (const ir::Graph& b : n.bodies)
            if (auto s = runnable(b); !s.ok) return s;
    }
    return tactic::yes();
}

class GroupFactory final : public tactic::KernelFactory {
public:
    std::string_view name() const override { return "reference.group"; }
    tactic::Support supports(const tactic::Query& q) const override {
        if (!q.device().properties().hostMemory)
            return tactic::no("the device cannot be reached from the host");
        return runnable(q.body());
    }
    tactic::Created create(const tactic::Query& q, const tactic::Tactic&) const override {
        return {std::make_unique<GroupKernel>(q.body()), {}, {}};
    }
    std::unique_ptr<device::Kernel> load(ByteReader& in, device::Device&) const override {
        ir::Graph body = ir::readGraph(in);
        if (auto s = runnable(body); !s.ok) failInvalid(s.why);
        return std::make_unique<GroupKernel>(std::move(body));
    }
    bool lastResort() const override { return true; }
};

}  // namespace

void registerKernel_group(tactic::Catalog& catalog) {
    catalog.add(std::make_unique<GroupFactory>());
}

}  // namespace bireme::reference
