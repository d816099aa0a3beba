// SPDX-License-Identifier: Apache-2.0
#include "api/plugin_registry.h"

#include "NvInferPlugin.h"
#include "api/access.h"
#include "api/guard.h"
#include "base/dynlib.h"

#include <algorithm>
#include <cstring>
#include <map>
#include <memory>
#include <mutex>
#include <string>
#include <string_view>
#include <vector>

namespace bireme::api {

namespace {

struct Registered {
    std::string name, version, space;
    IPluginCreatorInterface* creator;
    void* library;  // null for a creator that the program registered itself
};

struct Resource {
    IPluginResource* clone;
    int32_t users;
};

struct Identity {
    std::string name, version;
};

// Name and version, asked of whichever generation the creator is.
Identity identityOf(IPluginCreatorInterface& creator) {
    std::string_view kind = creator.getInterfaceInfo().kind;
    if (kind == "PLUGIN CREATOR_V1") {
        auto& c = static_cast<IPluginCreator&>(creator);
        return {requireName(c.getPluginName(), "the plugin's name"),
                requireName(c.getPluginVersion(), "the plugin's version")};
    }
    require(kind == "PLUGIN CREATOR_V3ONE", "a plugin creator of unknown kind \"", kind, "\"");
    auto& c = static_cast<IPluginCreatorV3One&>(creator);
    return {requireName(c.getPluginName(), "the plugin's name"),
            requireName(c.getPluginVersion(), "the plugin's version")};
}

}  // namespace

struct PluginRegistry {
    mutable std::mutex mutex;
    Reporter reporter;
    IPluginRegistry* parent = nullptr;
    bool searchParent = true;
    std::vector<Registered> entries;
    std::map<std::string, Resource, std::less<>> resources;
    std::map<void*, std::unique_ptr<DynLib>> libraries;
    mutable std::vector<IPluginCreatorInterface*> list;  // what getAllCreators handed out last
    std::vector<IPluginCreatorInterface*> recursiveList;

    const Registered* find(std::string_view name, std::string_view version,
                           std::string_view space) const {
        for (const Registered& e : entries)
            if (e.name == name && e.version == version && e.space == space) return &e;
        return nullptr;
    }

    bool add(IPluginCreatorInterface& creator, const char* space, void* library) {
        require(space, "the plugin's namespace is null");
        Identity id = identityOf(creator);
        std::lock_guard lock(mutex);
        if (find(id.name, id.version, space)) return false;
        entries.push_back({id.name, id.version, space, &creator, library});
        return true;
    }

    void collect(std::vector<IPluginCreatorInterface*>& out) const {
        {
            std::lock_guard lock(mutex);
            for (const Registered& e : entries) out.push_back(e.creator);
        }
        if (parent && searchParent) Access::impl(*parent).collect(out);
    }
};

PluginRegistryOwner::PluginRegistryOwner(IPluginRegistry* parent) {
    auto impl = std::make_unique<PluginRegistry>();
    impl->parent = parent;
    handle_ = Access::make<IPluginRegistry>(impl.get());
    (void)impl.release();
}

PluginRegistryOwner::~PluginRegistryOwner() { Access::destroy(handle_); }

}  // namespace bireme::api

namespace nvinfer1 {

using bireme::api::guard;
using bireme::api::require;
namespace api = bireme::api;

IPluginRegistry::~IPluginRegistry() noexcept { delete impl_; }

bool IPluginRegistry::registerCreator(IPluginCreatorInterface& creator,
                                      AsciiChar const* const pluginNamespace) noexcept {
    return guard(impl_->reporter, false,
                 [&] { return impl_->add(creator, pluginNamespace, nullptr); });
}

bool IPluginRegistry::deregisterCreator(IPluginCreatorInterface const& creator) noexcept {
    std::lock_guard lock(impl_->mutex);
    return std::erase_if(impl_->entries, [&](const auto& e) { return e.creator == &creator; }) > 0;
}

IPluginCreatorInterface* IPluginRegistry::getCreator(
    AsciiChar const* const pluginName, AsciiChar const* const pluginVersion,
    AsciiChar const* const pluginNamespace) noexcept {
    if (!pluginName || !pluginVersion || !pluginNamespace) return nullptr;
    {
        std::lock_guard lock(impl_->mutex);
        if (const auto* e = impl_->find(pluginName, pluginVersion, pluginNamespace))
            return e->creator;
    }
    bool up = impl_->parent && impl_->searchParent;
    return up ? impl_->parent->getCreator(pluginName, pluginVersion, pluginNamespace) : nullptr;
}

IPluginCreatorInterface* const* IPluginRegistry::getAllCreators(
    int32_t* const numCreators) const noexcept {
    return guard(impl_->reporter, static_cast<IPluginCreatorInterface* const*>(nullptr), [&] {
        require(numCreators, "the number of creators has no address");
        std::lock_guard lock(impl_->mutex);
        impl_->list.clear();
        for (const auto& e : impl_->entries) impl_->list.push_back(e.creator);
        *numCreators = static_cast<int32_t>(impl_->list.size());
        return static_cast<IPluginCreatorInterface* const*>(impl_->list.data());
    });
}

IPluginCreatorInterface* const* IPluginRegistry::getAllCreatorsRecursive(
    int32_t* const numCreators) noexcept {
    return guard(impl_->reporter, static_cast<IPluginCreatorInterface* const*>(nullptr), [&] {
        require(numCreators, "the number of creators has no address");
        std::vector<IPluginCreatorInterface*> all;
        impl_->collect(all);
        std::lock_guard lock(impl_->mutex);
        impl_->recursiveList = std::move(all);
        *numCreators = static_cast<int32_t>(impl_->recursiveList.size());
        return static_cast<IPluginCreatorInterface* const*>(impl_->recursiveList.data());
    });
}

IPluginRegistry::PluginLibraryHandle IPluginRegistry::loadLibrary(
    AsciiChar const* pluginPath) noexcept {
    return guard(impl_->reporter, static_cast<void*>(nullptr), [&]() -> void* {
        require(pluginPath, "the plugin library's path is null");
        std::string why;
        auto library = std::make_unique<bireme::DynLib>(bireme::DynLib::open(pluginPath, why));
        if (!*library)
            bireme::fail(
                ErrorCode::kFAILED_INITIALIZATION,
                bireme::cat("plugin library \"", pluginPath, "\" cannot be loaded: ", why));
        using GetCreators = IPluginCreatorInterface* const* (*)(int32_t&);
        auto getCreators = reinterpret_cast<GetCreators>(library->symbol("getCreators"));
        require(getCreators, "plugin library \"", pluginPath, "\" has no function getCreators");
        int32_t count = 0;
        IPluginCreatorInterface* const* creators = getCreators(count);
        void* handle = library.get();
        for (int32_t i = 0; creators && i < count; ++i)
            if (creators[i]) impl_->add(*creators[i], "", handle);
        std::lock_guard lock(impl_->mutex);
        impl_->libraries[handle] = std::move(library);
        return handle;
    });
}

void IPluginRegistry::deregisterLibrary(PluginLibraryHandle handle) noexcept {
    guard(impl_->reporter, [&] {
        std::lock_guard lock(impl_->mutex);
        require(impl_->libraries.count(handle), "no plugin library has this handle");
        std::erase_if(impl_->entries, [&](const auto& e) { return e.library == handle; });
        impl_->libraries.erase(handle);
    });
}

void IPluginRegistry::setParentSearchEnabled(bool const enabled) noexcept {
    impl_->searchParent = enabled;
}

bool IPluginRegistry::isParentSearchEnabled() const noexcept { return impl_->searchParent; }

IPluginResource* IPluginRegistry::acquirePluginResource(AsciiChar const* key,
                                                        IPluginResource* resource) noexcept {
    return guard(impl_->reporter, static_cast<IPluginResource*>(nullptr), [&] {
        require(key && resource, "a plugin resource or its key is null");
        std::lock_guard lock(impl_->mutex);
        auto it = impl_->resources.find(std::string_view(key));
        if (it == impl_->resources.end()) {
            IPluginResource* clone = resource->clone();
            require(clone, "plugin resource \"", key, "\" cannot be cloned");
            it = impl_->resources.emplace(key, api::Resource{clone, 0}).first;
        }
        ++it->second.users;
        return it->second.clone;
    });
}

int32_t IPluginRegistry::releasePluginResource(AsciiChar const* key) noexcept {
    return guard(impl_->reporter, -1, [&] {
        require(key, "the plugin resource's key is null");
        std::lock_guard lock(impl_->mutex);
        auto it = impl_->resources.find(std::string_view(key));
        require(it != impl_->resources.end(), "there is no plugin resource \"", key, "\"");
        if (--it->second.users > 0) return 0;
        int32_t status = it->second.clone->release();
        delete it->second.clone;
        impl_->resources.erase(it);
        return status;
    });
}

void IPluginRegistry::setErrorRecorder(IErrorRecorder* const recorder) noexcept {
    impl_->reporter.setRecorder(recorder);
}

IErrorRecorder* IPluginRegistry::getErrorRecorder() const noexcept {
    return impl_->reporter.recorder();
}

}  // namespace nvinfer1

extern "C" {

nvinfer1::IPluginRegistry* getPluginRegistry() noexcept {
    // Never destroyed: creators in other shared objects may deregister at exit.
    // NOLINTNEXTLINE(bugprone-unhandled-exception-at-new): without memory here, the end is right
    static auto* registry = new bireme::api::PluginRegistryOwner(nullptr);
    return &registry->handle();
}

nvinfer1::IPluginRegistry* getBuilderPluginRegistry(
    nvinfer1::EngineCapability capability) noexcept {
    return capability == nvinfer1::EngineCapability::kSTANDARD ? getPluginRegistry() : nullptr;
}

bool initLibNvInferPlugins(void* /*logger*/, char const* /*libNamespace*/) noexcept { return true; }

}  // extern "C"
