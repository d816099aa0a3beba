// SPDX-License-Identifier: Apache-2.0
// Entry of the shared object: NVIDIA GPUs, by generated kernels, cuBLASLt and cuDNN.
#include "backends/cuda/device.h"
#include "backends/cuda/driver/versions.h"
#include "base/text.h"
#include "bireme/version.h"
#include "tactic/catalog.h"

#include <mutex>

namespace bireme::cuda {

void registerAllKernels(tactic::Catalog& catalog);  // generated from kernels/*.cpp

namespace {

class CudaBackend final : public device::Backend {
public:
    CudaBackend() { registerAllKernels(catalog_); }

    std::string_view name() const override { return "cuda"; }
    std::string version() const override { return BIREME_VERSION; }
    std::vector<device::Device*> devices() override {
        findDevices();
        std::vector<device::Device*> out;
        for (const auto& d : devices_) out.push_back(d.get());
        return out;
    }
    std::string whyNoDevice() override {
        findDevices();
        return devices_.empty() ? why_ : std::string();
    }
    std::vector<LibraryInfo> libraries() const override {
        std::vector<LibraryInfo> out;
        for (auto& r : libraryReports()) out.push_back({r.name, r.version, r.path, r.missing});
        return out;
    }
    std::vector<const tactic::KernelFactory*> factories() const override {
        return catalog_.factories();
    }
    std::unique_ptr<device::Kernel> loadKernel(std::string_view kernel, ByteReader& in,
                                               device::Device& device) const override {
        const tactic::KernelFactory* factory = catalog_.find(kernel);
        if (!factory) failInvalid(cat("the CUDA backend has no kernel \"", kernel, "\""));
        return factory->load(in, device);
    }

private:
    void findDevices() {
        std::lock_guard lock(mutex_);
        if (looked_) return;
        looked_ = true;
        if (!cu().library.handle()) {
            why_ = cat("no NVIDIA driver: ", cu().library.why());
            return;
        }
        int count = 0;
        Status s = BIREME_CU(cuInit, 0);
        if (s.ok()) s = BIREME_CU(cuDeviceGetCount, &count);
        why_ = s.ok() ? "the driver shows no GPU" : s.message;
        for (int i = 0; s.ok() && i < count; ++i) {
            try {
                devices_.push_back(std::make_unique<CudaDevice>(i));
            } catch (const Error& e) {
                why_ = e.what();
            }
        }
    }

    tactic::Catalog catalog_;
    std::mutex mutex_;
    bool looked_ = false;
    std::string why_;
    std::vector<std::unique_ptr<CudaDevice>> devices_;
};

}  // namespace
}  // namespace bireme::cuda

extern "C" __attribute__((visibility("default"))) bireme::device::Backend* bireme_backend(
    uint32_t api) {
    if (api != bireme::device::kBackendApi) return nullptr;
    // Lives as long as the process: contexts may still run while static objects are destroyed.
    static auto* backend = new bireme::cuda::CudaBackend();
    return backend;
}
