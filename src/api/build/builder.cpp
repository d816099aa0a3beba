// SPDX-License-Identifier: Apache-2.0
#include "api/build/builder.h"
#include "api/access.h"
#include "api/build/config.h"
#include "api/build/profile.h"
#include "api/build/reporting.h"
#include "api/host_memory.h"
#include "api/network/network.h"
#include "api/plugin_registry.h"
#include "api/run/engine.h"
#include "base/env.h"
#include "builder/build.h"
#include "device/registry.h"
#include "ir/verify.h"
#include "plan/write.h"

#include <algorithm>
#include <cstring>
#include <fstream>
#include <iterator>
#include <memory>
#include <optional>
#include <vector>

namespace bireme::api {

namespace {

plan::PluginLibrary readLibrary(const std::string& path) {
    std::ifstream file(path, std::ios::binary);
    std::vector<uint8_t> bytes{std::istreambuf_iterator<char>(file), {}};
    require(file && bytes.size() > 4 &&
                std::memcmp(bytes.data(),
                            "\x7f"
                            "ELF",
                            4) == 0,
            "the plugin library \"", path, "\" to serialize is no shared object that can be read");
    return {path, std::move(bytes)};
}

plan::Plan buildPlan(const Builder& builder, const Network& network, const Settings& settings) {
    builder::BuildOptions options = makeOptions(network, settings, builder.reporter.log());
    std::optional<MonitorProgress> progress;
    if (settings.monitor) options.progress = &progress.emplace(*settings.monitor);
    std::vector<plan::PluginLibrary> libraries;  // read first: a wrong path is not worth a build
    for (const std::string& path : settings.pluginLibraries) libraries.push_back(readLibrary(path));
    plan::Plan plan = builder::build(graphToBuild(network), options);
    plan.libraries = std::move(libraries);
    if (network.isImplicit())
        plan.metadata.emplace_back(kMaxBatchKey, std::to_string(network.maxBatch()));
    return plan;
}

INetworkDefinition* makeNetwork(Builder& builder, IBuilder* handle,
                                NetworkDefinitionCreationFlags flags, bool implicit) {
    auto network = std::make_unique<Network>(handle, builder.reporter, flags);
    network->batch = builder.batch;
    network->forcedImplicit = implicit;
    return Access::adopt<INetworkDefinition>(std::move(network));
}

bool gpuPresent() {
    for (device::Backend* backend : device::BackendRegistry::global().backends())
        for (device::Device* device : backend->devices())
            if (device->properties().type == DeviceType::kGPU) return true;
    return false;
}

}  // namespace

const Reporter& reporterOf(const IBuilder& builder) { return Access::impl(builder).reporter; }

}  // namespace bireme::api

namespace nvinfer1 {

using bireme::api::Access;
using bireme::api::guard;
using bireme::api::require;
namespace api = bireme::api;

IBuilder::~IBuilder() noexcept { delete impl_; }

INetworkDefinition* IBuilder::createNetworkV2(NetworkDefinitionCreationFlags flags) noexcept {
    return guard(impl_->reporter, static_cast<INetworkDefinition*>(nullptr), [&] {
        require(flags >> EnumMax<NetworkDefinitionCreationFlag>() == 0,
                "the set of network flags has unknown bits");
        return api::makeNetwork(*impl_, this, flags, false);
    });
}

INetworkDefinition* IBuilder::createNetwork() noexcept {
    return guard(impl_->reporter, static_cast<INetworkDefinition*>(nullptr),
                 [&] { return api::makeNetwork(*impl_, this, 0, true); });
}

void IBuilder::setMaxBatchSize(int32_t batchSize) noexcept {
    guard(impl_->reporter, [&] {
        require(batchSize >= 1, "the largest batch is ", batchSize);
        impl_->batch->most = batchSize;
    });
}

int32_t IBuilder::getMaxBatchSize() const noexcept { return std::max(1, impl_->batch->most); }

void IBuilder::destroy() noexcept { delete this; }

IBuilderConfig* IBuilder::createBuilderConfig() noexcept {
    return guard(impl_->reporter, static_cast<IBuilderConfig*>(nullptr), [&] {
        auto config = std::make_unique<api::Config>(impl_->reporter);
        return Access::adopt<IBuilderConfig>(std::move(config));
    });
}

IOptimizationProfile* IBuilder::createOptimizationProfile() noexcept {
    return guard(impl_->reporter, static_cast<IOptimizationProfile*>(nullptr), [&] {
        auto profile = std::make_unique<api::Profile>(impl_->reporter);
        impl_->profiles.reserve(impl_->profiles.size() + 1);
        auto* handle = Access::make<IOptimizationProfile>(profile.get());
        (void)profile.release();
        impl_->profiles.push_back(handle);
        return handle;
    });
}

IHostMemory* IBuilder::buildSerializedNetwork(INetworkDefinition& network,
                                              IBuilderConfig& config) noexcept {
    return guard(impl_->reporter, static_cast<IHostMemory*>(nullptr), [&] {
        auto plan = api::buildPlan(*impl_, Access::impl(network), Access::impl(config).settings);
        return api::makeHostMemory(bireme::plan::write(std::move(plan)));
    });
}

IHostMemory* IBuilder::buildSerializedNetwork(INetworkDefinition& network, IBuilderConfig& config,
                                              IHostMemory*& kernelText) noexcept {
    kernelText = nullptr;
    return buildSerializedNetwork(network, config);
}

bool IBuilder::buildSerializedNetworkToStream(INetworkDefinition& network, IBuilderConfig& config,
                                              IStreamWriter& writer) noexcept {
    return guard(impl_->reporter, false, [&] {
        auto plan = api::buildPlan(*impl_, Access::impl(network), Access::impl(config).settings);
        const bireme::Blob bytes = bireme::plan::write(std::move(plan));
        auto size = static_cast<int64_t>(bytes.size());
        int64_t written = writer.write(bytes.data(), size);
        if (written != size)
            bireme::fail(
                ErrorCode::kFAILED_EXECUTION,
                bireme::cat("the stream took ", written, " of the engine's ", size, " bytes"));
        return true;
    });
}

ICudaEngine* IBuilder::buildEngineWithConfig(INetworkDefinition& network,
                                             IBuilderConfig& config) noexcept {
    return guard(impl_->reporter, static_cast<ICudaEngine*>(nullptr), [&] {
        auto plan = api::buildPlan(*impl_, Access::impl(network), Access::impl(config).settings);
        // The engine outlives the network, and so must its weights.
        if (plan.weights.borrowed())
            plan.weights = bireme::Blob::copy(plan.weights.data(), plan.weights.size());
        bireme::plugin::CreatorScope creators(*impl_->registry);
        return api::loadEngine(std::move(plan), impl_->reporter, impl_->allocator);
    });
}

bool IBuilder::isNetworkSupported(INetworkDefinition const& network,
                                  IBuilderConfig const& config) const noexcept {
    return guard(impl_->reporter, false, [&] {
        const api::Network& n = Access::impl(network);
        api::makeOptions(n, Access::impl(config).settings, impl_->reporter.log());
        bireme::ir::Graph clone = api::graphToBuild(n);
        bireme::ir::inferGraph(clone);
        return true;
    });
}

void IBuilder::setGpuAllocator(IGpuAllocator* allocator) noexcept { impl_->allocator = allocator; }

void IBuilder::setErrorRecorder(IErrorRecorder* recorder) noexcept {
    impl_->reporter.setRecorder(recorder);
}

IErrorRecorder* IBuilder::getErrorRecorder() const noexcept { return impl_->reporter.recorder(); }

ILogger* IBuilder::getLogger() const noexcept { return impl_->reporter.logger(); }

bool IBuilder::setMaxThreads(int32_t maxThreads) noexcept {
    return guard(impl_->reporter, false, [&] {
        require(maxThreads >= 1, "the number of threads is ", maxThreads);
        impl_->maxThreads = maxThreads;
        return true;
    });
}

int32_t IBuilder::getMaxThreads() const noexcept { return impl_->maxThreads; }

void IBuilder::reset() noexcept {
    impl_->reporter.setRecorder(nullptr);
    impl_->allocator = nullptr;
    impl_->maxThreads = 1;
    impl_->batch->most = 0;
}

IPluginRegistry& IBuilder::getPluginRegistry() noexcept { return impl_->registry->handle(); }

bool IBuilder::platformHasFastFp16() const noexcept {
    return guard(impl_->reporter, false, [] { return api::gpuPresent(); });
}

bool IBuilder::platformHasFastInt8() const noexcept {
    return guard(impl_->reporter, false, [] { return api::gpuPresent(); });
}

bool IBuilder::platformHasTf32() const noexcept {
    return guard(impl_->reporter, false, [] { return api::gpuPresent(); });
}

int32_t IBuilder::getMaxDLABatchSize() const noexcept { return 0; }
int32_t IBuilder::getNbDLACores() const noexcept { return 0; }

}  // namespace nvinfer1

extern "C" void* createInferBuilder_INTERNAL(void* logger, int32_t version) noexcept {
    namespace api = bireme::api;
    auto* l = static_cast<nvinfer1::ILogger*>(logger);
    if (!api::acceptVersion(l, version)) return nullptr;
    api::offerGlobalLogger(l);
    return api::guard(api::Reporter(l), static_cast<void*>(nullptr), [&]() -> void* {
        auto impl = std::make_unique<api::Builder>(api::Reporter(l));
        for (const auto& m : bireme::envMistakes()) impl->reporter.log().warning(m);
        impl->batch->ofVersion8 = api::isVersion8(version);
        impl->registry =
            std::make_unique<api::PluginRegistryOwner>(getPluginRegistry(), impl->reporter);
        return api::Access::adopt<nvinfer1::IBuilder>(std::move(impl));
    });
}
