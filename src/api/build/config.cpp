// SPDX-License-Identifier: Apache-2.0
#include "api/build/config.h"

#include "api/access.h"
#include "api/build/timing_cache.h"

#include <memory>

namespace bireme::api {

// Runs `change` on the settings; errors are reported and change nothing.
template <typename F>
static void change(Config& config, F&& change) noexcept {
    guard(config.reporter, [&] { change(config.settings); });
}

static void requireBit(int value, int count, const char* what) {
    require(value >= 0 && value < count, "there is no ", what, " ", value);
}

static void requireDevice(DeviceType type) {
    require(type == DeviceType::kGPU || type == DeviceType::kDLA || type == DeviceType::kCPU,
            "there is no device type ", static_cast<int>(type));
}

}  // namespace bireme::api

namespace nvinfer1 {

using bireme::api::change;
using bireme::api::guard;
using bireme::api::require;
using bireme::api::Settings;
namespace api = bireme::api;

IBuilderConfig::~IBuilderConfig() noexcept { delete impl_; }

void IBuilderConfig::setAvgTimingIterations(int32_t avgTiming) noexcept {
    change(*impl_, [&](Settings& s) {
        require(avgTiming >= 1, "the number of timing iterations is ", avgTiming);
        s.avgTimingIterations = avgTiming;
    });
}

int32_t IBuilderConfig::getAvgTimingIterations() const noexcept {
    return impl_->settings.avgTimingIterations;
}

void IBuilderConfig::setEngineCapability(EngineCapability capability) noexcept {
    impl_->settings.capability = capability;
}

EngineCapability IBuilderConfig::getEngineCapability() const noexcept {
    return impl_->settings.capability;
}

void IBuilderConfig::setFlags(BuilderFlags builderFlags) noexcept {
    change(*impl_, [&](Settings& s) {
        require(builderFlags >> EnumMax<BuilderFlag>() == 0,
                "the set of builder flags has unknown bits");
        s.flags = builderFlags;
    });
}

BuilderFlags IBuilderConfig::getFlags() const noexcept { return impl_->settings.flags; }

void IBuilderConfig::setFlag(BuilderFlag builderFlag) noexcept {
    change(*impl_, [&](Settings& s) {
        api::requireBit(static_cast<int>(builderFlag), EnumMax<BuilderFlag>(), "builder flag");
        s.flags |= 1U << static_cast<int>(builderFlag);
    });
}

void IBuilderConfig::clearFlag(BuilderFlag builderFlag) noexcept {
    change(*impl_, [&](Settings& s) {
        api::requireBit(static_cast<int>(builderFlag), EnumMax<BuilderFlag>(), "builder flag");
        s.flags &= ~(1U << static_cast<int>(builderFlag));
    });
}

bool IBuilderConfig::getFlag(BuilderFlag builderFlag) const noexcept {
    auto bit = static_cast<uint32_t>(builderFlag);
    return bit < 32 && impl_->settings.flag(builderFlag);
}

void IBuilderConfig::setMemoryPoolLimit(MemoryPoolType pool, std::size_t poolSize) noexcept {
    change(*impl_, [&](Settings& s) {
        api::requireBit(static_cast<int>(pool), EnumMax<MemoryPoolType>(), "memory pool");
        s.pools[static_cast<size_t>(pool)] = poolSize;
    });
}

std::size_t IBuilderConfig::getMemoryPoolLimit(MemoryPoolType pool) const noexcept {
    auto i = static_cast<size_t>(pool);
    return i < api::kMemoryPools ? impl_->settings.pools[i] : 0;
}

void IBuilderConfig::setProfileStream(cudaStream_t const stream) noexcept {
    impl_->settings.profileStream = stream;
}

cudaStream_t IBuilderConfig::getProfileStream() const noexcept {
    return impl_->settings.profileStream;
}

int32_t IBuilderConfig::addOptimizationProfile(IOptimizationProfile const* profile) noexcept {
    return guard(impl_->reporter, -1, [&] {
        require(profile, "the optimization profile is null");
        const auto& data = api::Access::impl(*profile).data;
        std::string problem = data->problem();
        require(problem.empty(), "the optimization profile is not valid: ", problem);
        impl_->settings.profiles.push_back(data);
        return static_cast<int32_t>(impl_->settings.profiles.size()) - 1;
    });
}

int32_t IBuilderConfig::getNbOptimizationProfiles() const noexcept {
    return static_cast<int32_t>(impl_->settings.profiles.size());
}

void IBuilderConfig::setProfilingVerbosity(ProfilingVerbosity verbosity) noexcept {
    change(*impl_, [&](Settings& s) {
        api::requireBit(static_cast<int>(verbosity), EnumMax<ProfilingVerbosity>(),
                        "profiling verbosity");
        s.verbosity = verbosity;
    });
}

ProfilingVerbosity IBuilderConfig::getProfilingVerbosity() const noexcept {
    return impl_->settings.verbosity;
}

void IBuilderConfig::setBuilderOptimizationLevel(int32_t level) noexcept {
    change(*impl_, [&](Settings& s) {
        constexpr int32_t kMost = 5;
        require(level >= 0, "the optimization level is ", level);
        s.level = level > kMost ? kMost : level;
    });
}

int32_t IBuilderConfig::getBuilderOptimizationLevel() noexcept { return impl_->settings.level; }

void IBuilderConfig::setHardwareCompatibilityLevel(HardwareCompatibilityLevel level) noexcept {
    impl_->settings.compatibility = level;
}

HardwareCompatibilityLevel IBuilderConfig::getHardwareCompatibilityLevel() const noexcept {
    return impl_->settings.compatibility;
}

void IBuilderConfig::setMaxAuxStreams(int32_t nbStreams) noexcept {
    change(*impl_, [&](Settings& s) {
        require(nbStreams >= 0, "the number of auxiliary streams is ", nbStreams);
        s.auxStreams = nbStreams;
    });
}

int32_t IBuilderConfig::getMaxAuxStreams() const noexcept { return impl_->settings.auxStreams; }

void IBuilderConfig::setMaxNbTactics(int32_t maxNbTactics) noexcept {
    change(*impl_, [&](Settings& s) {
        require(maxNbTactics == -1 || maxNbTactics >= 1, "the number of tactics is ", maxNbTactics,
                ", not -1 or positive");
        s.maxTactics = maxNbTactics;
    });
}

int32_t IBuilderConfig::getMaxNbTactics() const noexcept { return impl_->settings.maxTactics; }

void IBuilderConfig::setTuningPoints(int32_t count) noexcept {
    change(*impl_, [&](Settings& s) {
        require(count >= 0 && count <= 16, "the number of tuning points is ", count,
                ", it goes from 0 to 16");
        s.tuningPoints = count;
    });
}

int32_t IBuilderConfig::getTuningPoints() const noexcept { return impl_->settings.tuningPoints; }

bool IBuilderConfig::setTacticSources(TacticSources tacticSources) noexcept {
    if (tacticSources >> EnumMax<TacticSource>() != 0) return false;
    impl_->settings.sources = tacticSources;
    return true;
}

TacticSources IBuilderConfig::getTacticSources() const noexcept { return impl_->settings.sources; }

void IBuilderConfig::setPreviewFeature(PreviewFeature feature, bool enable) noexcept {
    change(*impl_, [&](Settings& s) {
        api::requireBit(static_cast<int>(feature), EnumMax<PreviewFeature>(), "preview feature");
        uint32_t bit = 1U << static_cast<int>(feature);
        s.previews = enable ? s.previews | bit : s.previews & ~bit;
    });
}

bool IBuilderConfig::getPreviewFeature(PreviewFeature feature) const noexcept {
    auto bit = static_cast<uint32_t>(feature);
    return bit < 32 && (impl_->settings.previews >> bit & 1U);
}

void IBuilderConfig::setProgressMonitor(IProgressMonitor* monitor) noexcept {
    impl_->settings.monitor = monitor;
}

IProgressMonitor* IBuilderConfig::getProgressMonitor() const noexcept {
    return impl_->settings.monitor;
}

void IBuilderConfig::setDefaultDeviceType(DeviceType deviceType) noexcept {
    change(*impl_, [&](Settings& s) {
        api::requireDevice(deviceType);
        s.device = deviceType;
        s.deviceSet = true;
    });
}

DeviceType IBuilderConfig::getDefaultDeviceType() const noexcept { return impl_->settings.device; }

void IBuilderConfig::setDeviceType(ILayer const* layer, DeviceType deviceType) noexcept {
    change(*impl_, [&](Settings& s) {
        require(layer, "the layer is null");
        api::requireDevice(deviceType);
        s.layerDevices[layer] = deviceType;
    });
}

DeviceType IBuilderConfig::getDeviceType(ILayer const* layer) const noexcept {
    auto it = impl_->settings.layerDevices.find(layer);
    return it == impl_->settings.layerDevices.end() ? impl_->settings.device : it->second;
}

bool IBuilderConfig::isDeviceTypeSet(ILayer const* layer) const noexcept {
    return impl_->settings.layerDevices.count(layer) != 0;
}

void IBuilderConfig::resetDeviceType(ILayer const* layer) noexcept {
    impl_->settings.layerDevices.erase(layer);
}

bool IBuilderConfig::canRunOnDLA(ILayer const* /*layer*/) const noexcept { return false; }

void IBuilderConfig::setDLACore(int32_t dlaCore) noexcept { impl_->settings.dlaCore = dlaCore; }

int32_t IBuilderConfig::getDLACore() const noexcept { return impl_->settings.dlaCore; }

void IBuilderConfig::setNbThreads(int32_t nbThreads) noexcept {
    change(*impl_, [&](Settings& s) {
        constexpr int32_t kMost = 4096;
        require(nbThreads >= 0 && nbThreads <= kMost, "the number of threads is ", nbThreads,
                ", not 0 to ", kMost);
        s.threads = nbThreads;
    });
}

int32_t IBuilderConfig::getNbThreads() const noexcept { return impl_->settings.threads; }

void IBuilderConfig::setDeterministic(bool deterministic) noexcept {
    impl_->settings.deterministic = deterministic;
}

bool IBuilderConfig::getDeterministic() const noexcept { return impl_->settings.deterministic; }

void IBuilderConfig::setDeviceOnly(bool deviceOnly) noexcept {
    impl_->settings.deviceOnly = deviceOnly;
}

bool IBuilderConfig::getDeviceOnly() const noexcept { return impl_->settings.deviceOnly; }

ITimingCache* IBuilderConfig::createTimingCache(void const* blob, std::size_t size) const noexcept {
    return guard(impl_->reporter, static_cast<ITimingCache*>(nullptr), [&] {
        auto cache = std::make_unique<api::TimingCache>(impl_->reporter);
        require(blob || size == 0, "the timing cache's bytes are null");
        if (size) cache->cache.read({static_cast<const char*>(blob), size});
        return api::Access::adopt<ITimingCache>(std::move(cache));
    });
}

bool IBuilderConfig::setTimingCache(ITimingCache const& cache, bool /*ignoreMismatch*/) noexcept {
    impl_->settings.timingCache = &cache;
    return true;
}

ITimingCache const* IBuilderConfig::getTimingCache() const noexcept {
    return impl_->settings.timingCache;
}

void IBuilderConfig::setPluginsToSerialize(AsciiChar const* const* paths,
                                           int32_t nbPaths) noexcept {
    change(*impl_, [&](Settings& s) {
        require(nbPaths == 0 || (nbPaths > 0 && paths), "the plugin libraries have no paths");
        std::vector<std::string> named;
        for (int32_t i = 0; i < nbPaths; ++i) {
            require(paths[i], "path ", i, " of the plugin libraries is null");
            named.emplace_back(paths[i]);
        }
        s.pluginLibraries = std::move(named);
    });
}

AsciiChar const* IBuilderConfig::getPluginToSerialize(int32_t index) const noexcept {
    const auto& paths = impl_->settings.pluginLibraries;
    bool found = index >= 0 && static_cast<size_t>(index) < paths.size();
    return found ? paths[static_cast<size_t>(index)].c_str() : nullptr;
}

int32_t IBuilderConfig::getNbPluginsToSerialize() const noexcept {
    return static_cast<int32_t>(impl_->settings.pluginLibraries.size());
}

void IBuilderConfig::reset() noexcept {
    guard(impl_->reporter, [&] { impl_->settings = Settings{}; });
}

}  // namespace nvinfer1
