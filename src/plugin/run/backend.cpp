// SPDX-License-Identifier: Apache-2.0
// Plugins as a backend without devices: its kernels run on the host, beside those of the others.
#include "device/backend.h"
#include "base/status.h"
#include "base/text.h"
#include "bireme/version.h"
#include "plugin/run/factory.h"

namespace bireme::plugin {

namespace {

class PluginBackend final : public device::Backend {
public:
    std::string_view name() const override { return "plugin"; }
    std::string version() const override { return BIREME_VERSION; }
    std::vector<device::Device*> devices() override { return {}; }
    std::vector<const tactic::KernelFactory*> factories() const override {
        return {factory_.get()};
    }
    std::unique_ptr<device::Kernel> loadKernel(std::string_view kernel, ByteReader& in,
                                               device::Device& device) const override {
        if (kernel != factory_->name())
            failInvalid(cat("the plugin backend has no kernel \"", kernel, "\""));
        return factory_->load(in, device);
    }

private:
    std::unique_ptr<tactic::KernelFactory> factory_ = makeFactory();
};

}  // namespace
}  // namespace bireme::plugin

extern "C" bireme::device::Backend* bireme_backend_plugin(uint32_t api);
bireme::device::Backend* bireme_backend_plugin(uint32_t api) {
    if (api != bireme::device::kBackendApi) return nullptr;
    static auto* backend =
        new bireme::plugin::PluginBackend;  // contexts may outlive static destructors
    return backend;
}
