// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "ops/plugin.h"
#include "plugin/run/instance.h"
#include "tensor/dim.h"

#include <memory>
#include <vector>

namespace bireme::plugin {

// The rule of a plugin node that has its plugin: what the factory makes kernels from.
class NodeRule : public ops::PluginRule {
public:
    explicit NodeRule(std::unique_ptr<Instance> instance) : instance_(std::move(instance)) {}
    Instance& instance() const { return *instance_; }

    // An extent that the plugin tells while it runs: the value of scalar output `size`.
    struct ToldExtent {
        int32_t output = 0, index = 0, size = 0;
        Dim upper;  // in the symbols of the inputs
    };
    virtual std::vector<ToldExtent> toldExtents() const = 0;

private:
    std::unique_ptr<Instance> instance_;
};

}  // namespace bireme::plugin
