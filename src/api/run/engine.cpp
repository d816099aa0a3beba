// SPDX-License-Identifier: Apache-2.0
#include "api/run/engine.h"

#include "api/access.h"
#include "api/convert.h"
#include "api/host_memory.h"
#include "api/run/context.h"
#include "api/run/inspector.h"
#include "plan/write.h"

#include <algorithm>

namespace bireme::api {

int32_t findIo(const runtime::Engine& engine, const char* name) {
    require(name, "the tensor's name is null");
    int32_t io = engine.findIo(name);
    if (io >= 0) return io;
    std::vector<std::string> names;
    for (const auto& t : engine.plan().io) names.push_back(t.name);
    std::string hint = nearest(name, names);
    failInvalid(cat("the engine has no tensor \"", name, "\"",
                    hint.empty() ? cat("; it has ", join(names, ", "))
                                 : cat("; did you mean \"", hint, "\"?")));
}

int32_t Engine::io(const char* name) const { return findIo(*engine, name); }

PublicFormat publicFormat(const TensorDesc& desc) {
    static constexpr TensorFormat kFormats[] = {
        TensorFormat::kLINEAR, TensorFormat::kHWC,   TensorFormat::kDHWC,  TensorFormat::kCHW2,
        TensorFormat::kCHW4,   TensorFormat::kCHW16, TensorFormat::kCHW32, TensorFormat::kCDHW32,
        TensorFormat::kHWC8,   TensorFormat::kDHWC8, TensorFormat::kHWC16,
    };
    if (desc.format.isLinear()) return {};
    for (TensorFormat f : kFormats) {
        if (desc.format != Format::fromTensorFormat(f, desc.rank())) continue;
        if (desc.format.inner.empty()) return {f, -1, -1};
        return {f, desc.format.inner[0].size, desc.format.inner[0].dim};
    }
    fail(ErrorCode::kINTERNAL_ERROR, cat("the layout of ", desc.text(), " has no public name"));
}

static std::string formatSentence(const TensorDesc& desc) {
    PublicFormat f = publicFormat(desc);
    std::string type = publicName(desc.type);
    if (f.format == TensorFormat::kLINEAR) return cat("Row-major linear ", type, " format");
    if (f.components < 0) return cat("Channel major ", type, " format, channels last");
    return cat(f.components, "-component vectors along dimension ", f.dimension, ", ", type,
               " format");
}

ICudaEngine* loadEngine(plan::Plan plan, const Reporter& reporter, IGpuAllocator* allocator) {
    auto impl = std::make_unique<Engine>(reporter);
    impl->engine = runtime::Engine::load(std::make_shared<const plan::Plan>(std::move(plan)),
                                         reporter.log(), allocator);
    for (const auto& t : impl->plan().io) impl->formatTexts.push_back(formatSentence(t.desc));
    for (int32_t p = 0; p < impl->plan().profileCount; ++p)
        for (const auto& t : impl->plan().io)
            impl->bindingNames.push_back(p == 0 ? t.name : cat(t.name, " [profile ", p, "]"));
    return Access::adopt<ICudaEngine>(std::move(impl));
}

// get(io tensor, its index), or `fallback` with an error for an unknown name.
template <typename R, typename F>
static R ofTensor(const Engine& e, const char* name, R fallback, F&& get) noexcept {
    return guard(e.reporter, fallback, [&]() -> R {
        int32_t io = e.io(name);
        return get(e.plan().io[static_cast<size_t>(io)], static_cast<size_t>(io));
    });
}

static bool hasProfile(const Engine& e, int32_t profile) noexcept {
    return profile >= 0 && profile < e.plan().profileCount;
}

}  // namespace bireme::api

namespace nvinfer1 {

using bireme::api::guard;
using bireme::api::ofTensor;
using bireme::plan::IoTensor;
namespace api = bireme::api;

IRuntimeConfig::~IRuntimeConfig() noexcept { delete impl_; }

void IRuntimeConfig::setExecutionContextAllocationStrategy(
    ExecutionContextAllocationStrategy strategy) noexcept {
    impl_->strategy = strategy;
}

ExecutionContextAllocationStrategy IRuntimeConfig::getExecutionContextAllocationStrategy()
    const noexcept {
    return impl_->strategy;
}

ICudaEngine::~ICudaEngine() noexcept { delete impl_; }

int32_t ICudaEngine::getNbIOTensors() const noexcept {
    return static_cast<int32_t>(impl_->plan().io.size());
}

char const* ICudaEngine::getIOTensorName(int32_t index) const noexcept {
    const auto& io = impl_->plan().io;
    bool inside = index >= 0 && static_cast<size_t>(index) < io.size();
    return inside ? io[static_cast<size_t>(index)].name.c_str() : nullptr;
}

TensorIOMode ICudaEngine::getTensorIOMode(char const* tensorName) const noexcept {
    return ofTensor(*impl_, tensorName, TensorIOMode::kNONE, [](const IoTensor& t, size_t) {
        return t.input ? TensorIOMode::kINPUT : TensorIOMode::kOUTPUT;
    });
}

Dims ICudaEngine::getTensorShape(char const* tensorName) const noexcept {
    return ofTensor(*impl_, tensorName, api::kNoDims,
                    [](const IoTensor& t, size_t) { return api::publicDims(t.desc.dims); });
}

DataType ICudaEngine::getTensorDataType(char const* tensorName) const noexcept {
    return ofTensor(*impl_, tensorName, DataType::kFLOAT,
                    [](const IoTensor& t, size_t) { return t.desc.type; });
}

TensorLocation ICudaEngine::getTensorLocation(char const* tensorName) const noexcept {
    return ofTensor(*impl_, tensorName, TensorLocation::kDEVICE, [](const IoTensor& t, size_t) {
        return t.shapeTensor || t.desc.place.isHost() ? TensorLocation::kHOST
                                                      : TensorLocation::kDEVICE;
    });
}

bool ICudaEngine::isShapeInferenceIO(char const* tensorName) const noexcept {
    return ofTensor(*impl_, tensorName, false,
                    [](const IoTensor& t, size_t) { return t.shapeTensor; });
}

char const* ICudaEngine::getAliasedInputTensor(char const* tensorName) const noexcept {
    return ofTensor(*impl_, tensorName, static_cast<char const*>(nullptr),
                    [](const IoTensor&, size_t) { return static_cast<char const*>(nullptr); });
}

int32_t ICudaEngine::getTensorBytesPerComponent(char const* tensorName) const noexcept {
    return ofTensor(*impl_, tensorName, -1, [](const IoTensor& t, size_t) {
        return static_cast<int32_t>(bireme::bytesFor(t.desc.type, 1));
    });
}

int32_t ICudaEngine::getTensorBytesPerComponent(char const* tensorName,
                                                int32_t profileIndex) const noexcept {
    return api::hasProfile(*impl_, profileIndex) ? getTensorBytesPerComponent(tensorName) : -1;
}

int32_t ICudaEngine::getTensorComponentsPerElement(char const* tensorName) const noexcept {
    return ofTensor(*impl_, tensorName, -1,
                    [](const IoTensor& t, size_t) { return api::publicFormat(t.desc).components; });
}

int32_t ICudaEngine::getTensorComponentsPerElement(char const* tensorName,
                                                   int32_t profileIndex) const noexcept {
    return api::hasProfile(*impl_, profileIndex) ? getTensorComponentsPerElement(tensorName) : -1;
}

TensorFormat ICudaEngine::getTensorFormat(char const* tensorName) const noexcept {
    return ofTensor(*impl_, tensorName, TensorFormat::kLINEAR,
                    [](const IoTensor& t, size_t) { return api::publicFormat(t.desc).format; });
}

TensorFormat ICudaEngine::getTensorFormat(char const* tensorName,
                                          int32_t profileIndex) const noexcept {
    return api::hasProfile(*impl_, profileIndex) ? getTensorFormat(tensorName)
                                                 : TensorFormat::kLINEAR;
}

char const* ICudaEngine::getTensorFormatDesc(char const* tensorName) const noexcept {
    return ofTensor(*impl_, tensorName, "",
                    [&](const IoTensor&, size_t i) { return impl_->formatTexts[i].c_str(); });
}

char const* ICudaEngine::getTensorFormatDesc(char const* tensorName,
                                             int32_t profileIndex) const noexcept {
    return api::hasProfile(*impl_, profileIndex) ? getTensorFormatDesc(tensorName) : "";
}

int32_t ICudaEngine::getTensorVectorizedDim(char const* tensorName) const noexcept {
    return ofTensor(*impl_, tensorName, -1,
                    [](const IoTensor& t, size_t) { return api::publicFormat(t.desc).dimension; });
}

int32_t ICudaEngine::getTensorVectorizedDim(char const* tensorName,
                                            int32_t profileIndex) const noexcept {
    return api::hasProfile(*impl_, profileIndex) ? getTensorVectorizedDim(tensorName) : -1;
}

int32_t ICudaEngine::getNbOptimizationProfiles() const noexcept {
    return impl_->plan().profileCount;
}

Dims ICudaEngine::getProfileShape(char const* tensorName, int32_t profileIndex,
                                  OptProfileSelector select) const noexcept {
    return ofTensor(*impl_, tensorName, api::kNoDims, [&](const IoTensor& t, size_t) {
        auto p = static_cast<size_t>(profileIndex);
        if (!api::hasProfile(*impl_, profileIndex) || p >= t.profiles.size()) return api::kNoDims;
        const auto& s = t.profiles[p];
        switch (select) {
            case OptProfileSelector::kMIN: return api::publicDims(s.min);
            case OptProfileSelector::kOPT: return api::publicDims(s.opt);
            case OptProfileSelector::kMAX: return api::publicDims(s.max);
        }
        return api::kNoDims;
    });
}

int64_t const* ICudaEngine::getProfileTensorValuesV2(char const* tensorName, int32_t profileIndex,
                                                     OptProfileSelector select) const noexcept {
    return ofTensor(*impl_, tensorName, static_cast<int64_t const*>(nullptr),
                    [&](const IoTensor& t, size_t) {
                        auto p = static_cast<size_t>(profileIndex);
                        const std::vector<int64_t>* values = nullptr;
                        if (api::hasProfile(*impl_, profileIndex) && p < t.profiles.size()) {
                            const auto& s = t.profiles[p];
                            values = select == OptProfileSelector::kMIN   ? &s.minValues
                                     : select == OptProfileSelector::kOPT ? &s.optValues
                                                                          : &s.maxValues;
                        }
                        return values && !values->empty() ? values->data()
                                                          : static_cast<int64_t const*>(nullptr);
                    });
}

IExecutionContext* ICudaEngine::createExecutionContext(
    ExecutionContextAllocationStrategy strategy) noexcept {
    return guard(impl_->reporter, static_cast<IExecutionContext*>(nullptr),
                 [&] { return api::makeContext(*this, *impl_, strategy); });
}

IExecutionContext* ICudaEngine::createExecutionContext(IRuntimeConfig* runtimeConfig) noexcept {
    return createExecutionContext(runtimeConfig
                                      ? runtimeConfig->getExecutionContextAllocationStrategy()
                                      : ExecutionContextAllocationStrategy::kSTATIC);
}

IExecutionContext* ICudaEngine::createExecutionContextWithoutDeviceMemory() noexcept {
    return createExecutionContext(ExecutionContextAllocationStrategy::kUSER_MANAGED);
}

IRuntimeConfig* ICudaEngine::createRuntimeConfig() noexcept {
    return guard(impl_->reporter, static_cast<IRuntimeConfig*>(nullptr), [&] {
        auto config = std::make_unique<api::RuntimeConfig>();
        return api::Access::adopt<IRuntimeConfig>(std::move(config));
    });
}

int64_t ICudaEngine::getDeviceMemorySizeV2() const noexcept {
    return impl_->engine->deviceMemory();
}

std::size_t ICudaEngine::getDeviceMemorySize() const noexcept {
    return static_cast<std::size_t>(getDeviceMemorySizeV2());
}

int64_t ICudaEngine::getDeviceMemorySizeForProfileV2(int32_t profileIndex) const noexcept {
    return api::hasProfile(*impl_, profileIndex) ? impl_->engine->deviceMemory(profileIndex) : 0;
}

std::size_t ICudaEngine::getDeviceMemorySizeForProfile(int32_t profileIndex) const noexcept {
    return static_cast<std::size_t>(getDeviceMemorySizeForProfileV2(profileIndex));
}

IHostMemory* ICudaEngine::serialize() const noexcept {
    return guard(impl_->reporter, static_cast<IHostMemory*>(nullptr),
                 [&] { return api::makeHostMemory(bireme::plan::write(impl_->plan())); });
}

char const* ICudaEngine::getName() const noexcept { return impl_->plan().name.c_str(); }

int32_t ICudaEngine::getNbLayers() const noexcept {
    const auto& variants = impl_->plan().variants;
    return variants.empty() ? 0 : static_cast<int32_t>(variants[0].root.steps.size());
}

DeviceType ICudaEngine::getDeviceType() const noexcept {
    return impl_->engine->device().properties().type;
}

int32_t ICudaEngine::getNbThreads() const noexcept { return impl_->plan().threads; }

bool ICudaEngine::isRefittable() const noexcept { return false; }

EngineCapability ICudaEngine::getEngineCapability() const noexcept {
    return EngineCapability::kSTANDARD;
}

ProfilingVerbosity ICudaEngine::getProfilingVerbosity() const noexcept {
    return static_cast<ProfilingVerbosity>(impl_->plan().profilingVerbosity);
}

TacticSources ICudaEngine::getTacticSources() const noexcept { return 0; }

HardwareCompatibilityLevel ICudaEngine::getHardwareCompatibilityLevel() const noexcept {
    return HardwareCompatibilityLevel::kNONE;
}

int32_t ICudaEngine::getNbAuxStreams() const noexcept { return 0; }

int64_t ICudaEngine::getEngineStat(EngineStat stat) const noexcept {
    return stat == EngineStat::kTOTAL_WEIGHTS_SIZE
               ? static_cast<int64_t>(impl_->plan().weights.size())
               : -1;
}

IEngineInspector* ICudaEngine::createEngineInspector() const noexcept {
    return guard(impl_->reporter, static_cast<IEngineInspector*>(nullptr),
                 [&] { return api::makeInspector(*impl_); });
}

void ICudaEngine::setErrorRecorder(IErrorRecorder* recorder) noexcept {
    impl_->reporter.setRecorder(recorder);
}

IErrorRecorder* ICudaEngine::getErrorRecorder() const noexcept {
    return impl_->reporter.recorder();
}

}  // namespace nvinfer1
