// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "bireme/plugin.h"

namespace bireme::api {

// Owns a registry; local ones have the process's as parent.
class PluginRegistryOwner {
public:
    explicit PluginRegistryOwner(IPluginRegistry* parent);
    ~PluginRegistryOwner();
    PluginRegistryOwner(const PluginRegistryOwner&) = delete;
    PluginRegistryOwner& operator=(const PluginRegistryOwner&) = delete;

    IPluginRegistry& handle() noexcept { return *handle_; }

private:
    IPluginRegistry* handle_;
};

}  // namespace bireme::api
