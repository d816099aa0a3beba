// SPDX-License-Identifier: Apache-2.0
#include "bireme/runtime.h"

#include "api/access.h"
#include "api/guard.h"
#include "api/plugin_registry.h"
#include "api/run/engine.h"
#include "base/env.h"
#include "plan/read.h"

#include <memory>
#include <vector>

namespace bireme::api {

struct Runtime {
    explicit Runtime(const Reporter& r) : reporter(r) {}
    Reporter reporter;
    IGpuAllocator* allocator = nullptr;
    int32_t maxThreads = 1;
    int32_t dlaCore = -1;
    bool hostCodeAllowed = false;
    std::unique_ptr<PluginRegistryOwner> registry;
};

// Everything a stream has; read(destination, size) gives the number of bytes, fewer only at the
// end.
template <typename F>
static std::vector<uint8_t> readAll(F&& read) {
    constexpr size_t kChunk = size_t{1} << 20;
    std::vector<uint8_t> bytes;
    while (true) {
        size_t have = bytes.size();
        bytes.resize(have + kChunk);
        int64_t got = read(bytes.data() + have, static_cast<int64_t>(kChunk));
        if (got < 0 || got > static_cast<int64_t>(kChunk))
            fail(ErrorCode::kFAILED_EXECUTION, cat("the stream gave ", got, " bytes of ", kChunk));
        bytes.resize(have + static_cast<size_t>(got));
        if (got < static_cast<int64_t>(kChunk)) return bytes;
    }
}

// The plugin libraries that the plan brings along, which are code.
static void loadLibraries(const Runtime& r, const plan::Plan& plan) {
    if (plan.libraries.empty()) return;
    if (!r.hostCodeAllowed) {
        std::vector<std::string> names;
        for (const auto& l : plan.libraries) names.push_back(cat("\"", l.name, "\""));
        fail(
            ErrorCode::kUNSUPPORTED_STATE,
            cat("the engine brings the plugin libraries ", join(names, ", "),
                " along: if you trust its file, allow their code by setEngineHostCodeAllowed(true) "
                "(engine_host_code_allowed in Python, --allowHostCode)"));
    }
    for (const auto& l : plan.libraries)
        Access::impl(r.registry->handle()).loadImage(l.name, l.bytes);
}

// make() gives a plan.
template <typename F>
static ICudaEngine* load(const Runtime& r, F&& make) noexcept {
    return guard(r.reporter, static_cast<ICudaEngine*>(nullptr), [&] {
        plugin::CreatorScope creators(*r.registry);
        plan::Plan plan = make();
        loadLibraries(r, plan);
        return loadEngine(std::move(plan), r.reporter, r.allocator);
    });
}

}  // namespace bireme::api

namespace nvinfer1 {

using bireme::api::guard;
using bireme::api::require;
namespace api = bireme::api;
namespace plan = bireme::plan;

IRuntime::~IRuntime() noexcept { delete impl_; }

ICudaEngine* IRuntime::deserializeCudaEngine(void const* blob, std::size_t size) noexcept {
    return api::load(*impl_, [&] {
        require(blob || size == 0, "the engine's bytes are null");
        return plan::read(blob, size);
    });
}

ICudaEngine* IRuntime::deserializeCudaEngine(IStreamReader& streamReader) noexcept {
    return api::load(*impl_, [&] {
        auto bytes =
            api::readAll([&](void* to, int64_t size) { return streamReader.read(to, size); });
        return plan::read(bytes.data(), bytes.size());
    });
}

ICudaEngine* IRuntime::deserializeCudaEngine(IStreamReaderV2& streamReader) noexcept {
    return api::load(*impl_, [&] {
        auto bytes = api::readAll(
            [&](void* to, int64_t size) { return streamReader.read(to, size, nullptr); });
        return plan::read(bytes.data(), bytes.size());
    });
}

ICudaEngine* IRuntime::deserializeCudaEngineFromFile(char const* path,
                                                     EngineVerify verify) noexcept {
    return api::load(*impl_, [&] {
        require(path, "the engine file's path is null");
        plan::ReadOptions options;
        options.verify = verify == EngineVerify::kLAZY ? plan::Verify::lazy : plan::Verify::all;
        options.name = path;
        return plan::readFile(path, options);
    });
}

void IRuntime::setGpuAllocator(IGpuAllocator* allocator) noexcept { impl_->allocator = allocator; }

void IRuntime::setErrorRecorder(IErrorRecorder* recorder) noexcept {
    impl_->reporter.setRecorder(recorder);
}

IErrorRecorder* IRuntime::getErrorRecorder() const noexcept { return impl_->reporter.recorder(); }

ILogger* IRuntime::getLogger() const noexcept { return impl_->reporter.logger(); }

bool IRuntime::setMaxThreads(int32_t maxThreads) noexcept {
    return guard(impl_->reporter, false, [&] {
        require(maxThreads >= 1, "the number of threads is ", maxThreads);
        impl_->maxThreads = maxThreads;
        return true;
    });
}

int32_t IRuntime::getMaxThreads() const noexcept { return impl_->maxThreads; }

IPluginRegistry& IRuntime::getPluginRegistry() noexcept { return impl_->registry->handle(); }

int32_t IRuntime::getNbDLACores() const noexcept { return 0; }

void IRuntime::setDLACore(int32_t dlaCore) noexcept { impl_->dlaCore = dlaCore; }

int32_t IRuntime::getDLACore() const noexcept { return impl_->dlaCore; }

void IRuntime::setEngineHostCodeAllowed(bool allowed) noexcept { impl_->hostCodeAllowed = allowed; }

bool IRuntime::getEngineHostCodeAllowed() const noexcept { return impl_->hostCodeAllowed; }

}  // namespace nvinfer1

extern "C" void* createInferRuntime_INTERNAL(void* logger, int32_t version) noexcept {
    namespace api = bireme::api;
    auto* l = static_cast<nvinfer1::ILogger*>(logger);
    if (!api::acceptVersion(l, version)) return nullptr;
    api::offerGlobalLogger(l);
    return api::guard(api::Reporter(l), static_cast<void*>(nullptr), [&]() -> void* {
        auto impl = std::make_unique<api::Runtime>(api::Reporter(l));
        for (const auto& m : bireme::envMistakes()) impl->reporter.log().warning(m);
        impl->registry =
            std::make_unique<api::PluginRegistryOwner>(getPluginRegistry(), impl->reporter);
        return api::Access::adopt<nvinfer1::IRuntime>(std::move(impl));
    });
}
