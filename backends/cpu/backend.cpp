// SPDX-License-Identifier: Apache-2.0
// Entry of the shared object: the processor of the host, by oneDNN and our own vectorised kernels.
#include "backends/cpu/device.h"
#include "backends/cpu/onednn/context.h"
#include "backends/cpu/support/isa.h"
#include "base/text.h"
#include "bireme/version.h"
#include "tactic/catalog.h"

namespace bireme::cpu {

void registerAllKernels(tactic::Catalog& catalog);  // generated from kernels/*.cpp

namespace {

class CpuBackend final : public device::Backend {
public:
    CpuBackend() { registerAllKernels(catalog_); }

    std::string_view name() const override { return "cpu"; }
    std::string version() const override {
        return cat("oneDNN ", libraryVersion(), ", ", isaName(kernelIsa()));
    }
    std::vector<device::Device*> devices() override {
        if (machineIsa() == Isa::none) return {};
        return {&device_};
    }
    std::vector<const tactic::KernelFactory*> factories() const override {
        return catalog_.factories();
    }
    std::unique_ptr<device::Kernel> loadKernel(std::string_view kernel, ByteReader& in,
                                               device::Device& device) const override {
        const tactic::KernelFactory* factory = catalog_.find(kernel);
        if (!factory)
            fail(ErrorCode::kINVALID_ARGUMENT,
                 cat("the CPU backend has no kernel \"", kernel, "\""));
        return factory->load(in, device);
    }

private:
    tactic::Catalog catalog_;
    CpuDevice device_;
};

}  // namespace
}  // namespace bireme::cpu

extern "C" __attribute__((visibility("default"))) bireme::device::Backend* bireme_backend(
    uint32_t api) {
    if (api != bireme::device::kBackendApi) return nullptr;
    // Lives as long as the process: contexts may still run while static objects are destroyed.
    static auto* backend = new bireme::cpu::CpuBackend();
    return backend;
}
