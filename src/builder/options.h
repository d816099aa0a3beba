// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "base/log.h"
#include "bireme/config.h"
#include "bireme/types.h"
#include "plan/plan.h"

#include <map>
#include <string>
#include <vector>

namespace bireme::builder {

class TimingCache;

// Cancel-and-progress token of one build; every pass and candidate asks it.
class Progress {
public:
    virtual ~Progress() = default;
    virtual void phaseStart(const char* phase, const char* parent, int steps) = 0;
    virtual bool step(const char* phase, int step) = 0;  // false cancels the build
    virtual void phaseFinish(const char* phase) = 0;
};

// The ranges of one optimization profile, by input name.
struct Profile {
    std::map<std::string, plan::ProfileShape> inputs;
};

struct BuildOptions {
    Log log;
    DeviceType device = DeviceType::kGPU;  // kGPU falls to the CPU, with one line, where no GPU is
    bool deviceSet = false;                // the user asked for this very device: no falling back
    std::vector<Profile> profiles;         // empty: one that the static shapes give
    int threads = 0;                       // CPU threads of the engine; 0: all cores
    int level = 3;  // 0: first that works, no timing; 1, 2: few candidates; 3 and up: all
    int timingIterations = 1;
    int maxTactics = -1;   // timed per group and format; -1: all
    int tuningPoints = 0;  // shapes of a profile that kernels are timed at; 0: the device's usual
    bool tf32 = true;
    std::vector<DataType> precisions;  // types below FP32 that layers may compute in
    bool obeyPrecisions = false;       // of setPrecision and setOutputType: or the build fails
    bool preferPrecisions = false;     // the same, with a warning where no kernel does
    bool strictNans = false;
    bool errorOnTimingMiss = false;
    bool deterministic =
        false;                // nothing is timed: what the cache lacks goes by the order of kernels
    bool keepNetwork = true;  // in the plan, to build from again where the plan cannot run
    size_t workspaceLimit = SIZE_MAX;  // bytes a kernel may use
    ProfilingVerbosity verbosity = ProfilingVerbosity::kLAYER_NAMES_ONLY;
    TimingCache* timingCache = nullptr;  // null: one for this build alone
    Progress* progress = nullptr;
    std::vector<std::string> disabledPasses;
    std::string engineName;
};

}  // namespace bireme::builder
