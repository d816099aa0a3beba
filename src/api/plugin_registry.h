// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "api/guard.h"
#include "base/dynlib.h"
#include "bireme/plugin_v2.h"
#include "bireme/plugin_v3.h"
#include "plugin/run/creators.h"

#include <map>
#include <memory>
#include <mutex>
#include <string>
#include <string_view>
#include <vector>

namespace bireme::api {

// Behind IPluginRegistry.
struct PluginRegistry {
    struct Registered {
        std::string name, version, space;
        IPluginCreatorInterface* creator;
        void* library;     // null for a creator that the program registered itself
        std::string path;  // of the library
    };
    struct Resource {
        IPluginResource* clone;
        int32_t users;
    };

    const Registered* find(std::string_view name, std::string_view version,
                           std::string_view space) const;  // with the mutex held
    // `space` null: the creator's own namespace. False when the name is taken.
    bool add(IPluginCreatorInterface& creator, const char* space);
    void collect(std::vector<IPluginCreatorInterface*>& out) const;  // of the parents too
    void* load(const char* path);
    // A library that an engine brings along. Its code stays in the process: engines use it for as
    // long as they live.
    void loadImage(const std::string& name, const std::vector<uint8_t>& bytes);
    // Registers the creators of an open library.
    void addAll(const DynLib& library, void* handle, const char* path);

    mutable std::mutex mutex;
    Reporter reporter;
    IPluginRegistry* parent = nullptr;
    bool searchParent = true;
    std::vector<Registered> entries;
    std::map<std::string, Resource, std::less<>> resources;
    std::map<void*, std::unique_ptr<DynLib>> libraries;
    mutable std::vector<IPluginCreatorInterface*> list;  // what getAllCreators handed out last
    mutable std::vector<IPluginCreator*> listOfV2;
    std::vector<IPluginCreatorInterface*> recursiveList;
};

// Owns a registry; local ones have the process's as parent.
class PluginRegistryOwner final : public plugin::CreatorSource {
public:
    explicit PluginRegistryOwner(IPluginRegistry* parent, const Reporter& reporter = Reporter());
    ~PluginRegistryOwner() override;
    PluginRegistryOwner(const PluginRegistryOwner&) = delete;
    PluginRegistryOwner& operator=(const PluginRegistryOwner&) = delete;

    IPluginRegistry& handle() noexcept { return *handle_; }

    IPluginCreatorInterface* find(const char* name, const char* version,
                                  const char* space) override;
    std::string list() const override;

private:
    IPluginRegistry* handle_;
};

// The shared object that the creator of this plugin came from, "" for none.
std::string libraryOf(const IPluginRegistry& registry, std::string_view name,
                      std::string_view version, std::string_view space);

}  // namespace bireme::api
