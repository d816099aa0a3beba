// SPDX-License-Identifier: Apache-2.0
// Engines built anew where they cannot run, from the network that they keep.
#include "api/access.h"
#include "api/build/builder.h"
#include "api/build/config.h"
#include "api/host_memory.h"
#include "builder/build.h"
#include "plan/read.h"
#include "plan/write.h"
#include "runtime/engine.h"

namespace nvinfer1 {

using bireme::api::guard;
using bireme::api::require;
namespace api = bireme::api;
namespace plan = bireme::plan;

IHostMemory* IBuilder::rebuildSerializedNetwork(void const* engine, std::size_t size,
                                                IBuilderConfig& config) noexcept {
    return guard(impl_->reporter, static_cast<IHostMemory*>(nullptr), [&] {
        require(engine || size == 0, "the engine's bytes are null");
        const plan::Plan old = plan::read(engine, size);
        const api::Settings& settings = api::Access::impl(config).settings;
        auto options = api::makeOptions(settings, impl_->reporter.log());
        if (!options.deviceSet && old.backend == "cpu") options.device = DeviceType::kCPU;
        std::optional<api::MonitorProgress> progress;
        if (settings.monitor) options.progress = &progress.emplace(*settings.monitor);
        bireme::builder::BuildReport report;
        plan::Plan fresh = bireme::builder::rebuild(old, options, &report);
        const std::string was = old.metadataValue("device"), is = fresh.metadataValue("device");
        options.log.warning("engine \"", old.name, "\" was built for ", was,
                            "; it was built anew for ", is, " in ",
                            static_cast<float>(report.seconds), " s");
        return api::makeHostMemory(plan::write(std::move(fresh)));
    });
}

bool IBuilder::needsRebuild(void const* engine, std::size_t size) noexcept {
    return guard(impl_->reporter, false, [&] {
        require(engine || size == 0, "the engine's bytes are null");
        plan::ReadOptions options;
        options.verify = plan::Verify::lazy;
        return !bireme::runtime::Engine::misfit(plan::read(engine, size, options)).empty();
    });
}

}  // namespace nvinfer1
