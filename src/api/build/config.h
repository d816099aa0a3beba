// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "api/build/profile.h"
#include "api/guard.h"
#include "bireme/config.h"
#include "builder/options.h"
#include "ir/graph.h"

#include <array>
#include <memory>
#include <string>
#include <unordered_map>
#include <vector>

namespace bireme::api {

struct Network;

// The network's graph with the types that the user wants of its outputs. Throws Error naming the
// layer.
ir::Graph graphToBuild(const Network& network);

constexpr size_t kMemoryPools = 6;

// Every option with its default.
struct Settings {
    int32_t avgTimingIterations = 1;
    EngineCapability capability = EngineCapability::kSTANDARD;
    BuilderFlags flags = 1U << static_cast<int>(BuilderFlag::kTF32);
    std::array<size_t, kMemoryPools> pools{SIZE_MAX,        size_t{1} << 20, size_t{1} << 30,
                                           size_t{1} << 29, SIZE_MAX,        SIZE_MAX};
    cudaStream_t profileStream = nullptr;
    ProfilingVerbosity verbosity = ProfilingVerbosity::kLAYER_NAMES_ONLY;
    int32_t level = 3;
    HardwareCompatibilityLevel compatibility = HardwareCompatibilityLevel::kNONE;
    int32_t auxStreams = -1;
    int32_t maxTactics = -1;
    int32_t tuningPoints = 0;
    TacticSources sources = 1U << static_cast<int>(TacticSource::kEDGE_MASK_CONVOLUTIONS) |
                            1U << static_cast<int>(TacticSource::kJIT_CONVOLUTIONS);
    uint32_t previews = 0;
    IProgressMonitor* monitor = nullptr;
    DeviceType device = DeviceType::kGPU;
    bool deviceSet = false;
    std::unordered_map<const ILayer*, DeviceType> layerDevices;
    int32_t dlaCore = -1;
    int32_t threads = 0;
    bool deterministic = false;
    bool deviceOnly = false;
    const ITimingCache* timingCache = nullptr;
    std::vector<std::shared_ptr<ProfileData>> profiles;
    std::vector<std::string> pluginLibraries;  // paths

    bool flag(BuilderFlag f) const { return flags >> static_cast<int>(f) & 1U; }
};

// Behind IBuilderConfig.
struct Config {
    explicit Config(const Reporter& r) : reporter(r) {}
    Reporter reporter;
    Settings settings;
};

// The options of a build of this network. Throws Error for what contradicts itself or cannot be
// honoured. Borrows the timing cache; the progress monitor is the caller's to adapt.
builder::BuildOptions makeOptions(const Settings& settings, const Log& log);  // of no network yet
builder::BuildOptions makeOptions(const Network& network, const Settings& settings, const Log& log);

}  // namespace bireme::api
