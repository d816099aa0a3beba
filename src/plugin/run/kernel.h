// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "device/backend.h"
#include "device/kernel.h"
#include "plugin/run/instance.h"
#include "plugin/run/node.h"
#include "tensor/dim.h"

#include <memory>
#include <mutex>
#include <string>
#include <vector>

namespace bireme::plugin {

// What a kernel of a plugin is besides the plugin: kept in the plan.
struct Recipe {
    Setup setup;  // the types and formats chosen, the ranges of the extents
    // Which input and output of the step each of the plugin's is: a step passes a tensor once, and
    // makes only outputs that are read (-1 for the others).
    std::vector<int32_t> inputSlots, outputSlots;
    uint64_t workspace = 0;  // bytes, at most
    std::string library;     // shared object of the creator, "" for the program itself
    bool batched = false;
    std::vector<int32_t> aliases;  // per output: the input whose memory it shares, -1 for none
    struct Told : NodeRule::ToldExtent {
        int64_t most = 0;  // where `upper` cannot be told from the inputs: over the whole profile
    };
    std::vector<Told> told;
    std::vector<DimVector> inputDims;  // with symbols
};

// A plugin as a kernel. `instance` is configured as the recipe says.
class PluginKernel final : public device::Kernel {
public:
    PluginKernel(std::unique_ptr<Instance> instance, Recipe recipe, device::Device& device);

    size_t workspaceBound(const device::Shapes&, const device::Shapes&,
                          const device::Shapes&) const override {
        return recipe_.workspace;
    }
    std::unique_ptr<device::Bound> bind(const device::Shapes& shapes,
                                        device::ContextState& context) const override;
    void save(ByteWriter& out) const override;
    // Finds the creator in the current CreatorScope; throws Error that names the plugin.
    static std::unique_ptr<PluginKernel> load(ByteReader& in, device::Device& device);
    bool recordable() const override { return false; }  // a plugin may do anything

private:
    void start() const;
    Setup at(const device::Shapes& shapes) const;

    std::unique_ptr<Instance> instance_;
    Recipe recipe_;
    device::Device& device_;
    mutable std::once_flag started_;
};

}  // namespace bireme::plugin
