// SPDX-License-Identifier: Apache-2.0
#include "base/env.h"
#include "base/parallel_for.h"
#include "base/status.h"
#include "base/text.h"
#include "builder/job.h"
#include "device/registry.h"

namespace bireme::builder {

static device::Backend* firstWithDevice(DeviceType type) {
    for (device::Backend* b : device::BackendRegistry::global().backends()) {
        if (b->name() == "reference") continue;
        for (device::Device* d : b->devices())
            if (d->properties().type == type) return b;
    }
    return nullptr;
}

static std::string missingText() {
    std::string text;
    for (const auto& m : device::BackendRegistry::global().missing())
        text += cat("; ", m.name, ": ", m.reason);
    return text;
}

// Plugins are kernels of the host, whatever else runs there.
static void addPlugins(std::vector<const tactic::KernelFactory*>& factories) {
    if (device::Backend* plugins = device::BackendRegistry::global().find("plugin"))
        for (const auto* f : plugins->factories()) factories.push_back(f);
}

static void chooseHost(BuildJob& job, device::Backend* reference) {
    device::Backend* host = firstWithDevice(DeviceType::kCPU);
    if (!host) host = reference;
    if (!host || host->devices().empty()) return;
    job.hostDevice = host->devices().front();
    job.hostFactories = host->factories();
    addPlugins(job.hostFactories);
    if (!reference || reference == host) return;
    for (const auto* f : reference->factories()) job.hostFactories.push_back(f);
}

void chooseDevice(BuildJob& job) {
    const BuildOptions& o = job.options;
    auto& registry = device::BackendRegistry::global();
    DeviceType wanted = o.device == DeviceType::kDLA ? DeviceType::kGPU : o.device;
    if (std::string name = envString("BIREME_BACKEND"); !name.empty()) {
        job.backend = registry.find(name);
        if (!job.backend)
            fail(ErrorCode::kINVALID_CONFIG,
                 cat("BIREME_BACKEND names \"", name, "\": ", registry.reasonFor(name)));
    } else {
        job.backend = firstWithDevice(wanted);
    }
    if (!job.backend && wanted == DeviceType::kGPU) {
        if (o.deviceSet)
            fail(ErrorCode::kINVALID_CONFIG,
                 cat("the config asks for a GPU, and none can be used here", missingText(),
                     "; leave the device unset or take kCPU"));
        job.backend = firstWithDevice(DeviceType::kCPU);
        if (job.backend) job.log.info("no GPU can be used here: the engine is built for the CPU");
    }
    if (!job.backend) {
        job.backend = registry.find("reference");
        if (!job.backend)
            fail(ErrorCode::kFAILED_INITIALIZATION,
                 cat("no backend can run anything here", missingText()));
        job.log.warning("the CPU backend could not be loaded", missingText(),
                        "; the slow reference backend runs everything");
    }
    for (device::Device* d : job.backend->devices()) {
        bool fits = d->properties().type == wanted || d->properties().type == DeviceType::kCPU;
        if (!job.device && fits) job.device = d;
    }
    if (!job.device)
        fail(ErrorCode::kFAILED_INITIALIZATION,
             cat("backend ", std::string(job.backend->name()), " has no device"));
    job.factories = job.backend->factories();
    addPlugins(job.factories);
    device::Backend* reference = registry.find("reference");
    if (reference && reference != job.backend)
        for (const auto* f : reference->factories()) job.factories.push_back(f);
    if (!job.device->properties().hostMemory) chooseHost(job, reference);
    auto asked = static_cast<int>(envInt("BIREME_THREADS"));
    job.threads = o.threads > 0 ? o.threads : asked > 0 ? asked : hardwareThreads();
}

void BuildJob::checkCancelled(const char* phase, int step) const {
    if (options.progress && !options.progress->step(phase, step))
        fail(ErrorCode::kUNSPECIFIED_ERROR,
             cat("the build was cancelled by its progress monitor in phase \"", phase, "\""));
}

}  // namespace bireme::builder
