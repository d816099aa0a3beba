// SPDX-License-Identifier: Apache-2.0
// Copies of elements that generated code does not read (of four bits, of 8-bit reals, ...), as they
// lie.
#include "backends/cuda/device.h"
#include "backends/cuda/support/factory.h"
#include "backends/cuda/support/types.h"
#include "ops/identity.h"

namespace bireme::cuda {

using device::Shapes;

namespace {

class BytesBound final : public device::Bound {
public:
    BytesBound(CudaDevice& device, size_t size) : device_(device), size_(size) {}
    Status enqueue(device::Stream& stream, const device::Launch& l) noexcept override {
        return size_ == 0 ? Status::success()
                          : device_.copy(l.outputs[0], l.inputs[0], size_, stream);
    }
    std::string implementation() const override { return cat(size_, " bytes"); }

private:
    CudaDevice& device_;
    size_t size_;
};

class BytesKernel final : public device::Kernel {
public:
    explicit BytesKernel(device::Device& device) : device_(device) {}
    size_t workspaceBound(const Shapes&, const Shapes&, const Shapes&) const override { return 0; }
    std::unique_ptr<device::Bound> bind(const Shapes& shapes,
                                        device::ContextState&) const override {
        const auto& x = shapes.inputs[0];
        return std::make_unique<BytesBound>(static_cast<CudaDevice&>(device_),
                                            bytesFor(x.type, product(x.dims)));
    }
    void save(ByteWriter&) const override {}

private:
    device::Device& device_;
};

class Factory final : public tactic::KernelFactory {
public:
    // The name ends as those of all kernels that stand between formats.
    std::string_view name() const override { return "cuda.bytes.reorder"; }

    Support supports(const tactic::Query& q) const override {
        if (q.device().properties().hostMemory) return no("the device is not a GPU");
        if (!q.group().anchorAs<ops::Identity>() || !q.group().single()) return no("not a copy");
        if (q.in(0).type != q.out(0).type) return no("the type changes too");
        if (typeText(q.in(0).type)) return no("cuda.reorder copies such elements");
        for (const Format* f : {&q.in(0).format, &q.out(0).format})
            if (!f->isLinear() || f->offset != 0) return no("elements do not lie in order");
        return yes();
    }

    tactic::Created create(const tactic::Query& q, const tactic::Tactic&) const override {
        return {std::make_unique<BytesKernel>(q.device()), {}, {}};
    }

    std::unique_ptr<device::Kernel> load(ByteReader&, device::Device& device) const override {
        return std::make_unique<BytesKernel>(device);
    }
};

}  // namespace

void registerKernel_bytes_reorder(tactic::Catalog& catalog) {
    catalog.add(std::make_unique<Factory>());
}

}  // namespace bireme::cuda
