// SPDX-License-Identifier: Apache-2.0
// Every op by its own reference result: the oracle of all kernels, and the last resort.
#include "backends/reference/device.h"
#include "base/status.h"
#include "base/text.h"
#include "bireme/version.h"
#include "tactic/catalog.h"

namespace bireme::reference {

void registerAllKernels(tactic::Catalog& catalog);  // generated from kernels/*.cpp

namespace {

class ReferenceBackend final : public device::Backend {
public:
    ReferenceBackend() { registerAllKernels(catalog_); }

    std::string_view name() const override { return "reference"; }
    std::string version() const override { return BIREME_VERSION; }
    std::vector<device::Device*> devices() override { return {&device_}; }
    std::vector<const tactic::KernelFactory*> factories() const override {
        return catalog_.factories();
    }
    std::unique_ptr<device::Kernel> loadKernel(std::string_view kernel, ByteReader& in,
                                               device::Device& device) const override {
        const tactic::KernelFactory* factory = catalog_.find(kernel);
        if (!factory) failInvalid(cat("the reference backend has no kernel \"", kernel, "\""));
        return factory->load(in, device);
    }

private:
    tactic::Catalog catalog_;
    HostDevice device_;
};

}  // namespace
}  // namespace bireme::reference

extern "C" bireme::device::Backend* bireme_backend_reference(uint32_t api);
bireme::device::Backend* bireme_backend_reference(uint32_t api) {
    if (api != bireme::device::kBackendApi) return nullptr;
    static auto* backend =
        new bireme::reference::ReferenceBackend;  // contexts may outlive static destructors
    return backend;
}
