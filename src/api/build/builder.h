// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "api/access.h"
#include "api/guard.h"
#include "api/network/network.h"
#include "api/plugin_registry.h"
#include "bireme/builder.h"
#include "builder/options.h"

#include <memory>
#include <vector>

namespace bireme::api {

// Behind IBuilder.
struct Builder {
    explicit Builder(const Reporter& r) : reporter(r) {}
    Reporter reporter;
    IGpuAllocator* allocator = nullptr;
    int32_t maxThreads = 1;
    std::shared_ptr<BatchMode> batch = std::make_shared<BatchMode>();
    std::vector<IOptimizationProfile*> profiles;
    std::unique_ptr<PluginRegistryOwner> registry;
    IBuilder* handle = nullptr;

    ~Builder() {
        for (IOptimizationProfile* p : profiles) Access::destroy(p);
    }
};

// The user's monitor as the builder's token.
class MonitorProgress final : public builder::Progress {
public:
    explicit MonitorProgress(IProgressMonitor& monitor) : monitor_(monitor) {}
    void phaseStart(const char* phase, const char* parent, int steps) override {
        monitor_.phaseStart(phase, parent, steps);
    }
    bool step(const char* phase, int step) override { return monitor_.stepComplete(phase, step); }
    void phaseFinish(const char* phase) override { monitor_.phaseFinish(phase); }

private:
    IProgressMonitor& monitor_;
};

}  // namespace bireme::api
