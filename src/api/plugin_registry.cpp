// SPDX-License-Identifier: Apache-2.0
#include "api/plugin_registry.h"

#include "NvInferPlugin.h"
#include "api/access.h"
#include "base/hash.h"
#include "plugin/run/shipped/shipped.h"

#include <algorithm>
#include <cstdio>

namespace bireme::api {

namespace {

struct Identity {
    std::string name, version, space;
};

const char* orEmpty(const char* text) { return text ? text : ""; }

template <typename C>
Identity identityAs(C& creator) {
    return {requireName(creator.getPluginName(), "the plugin's name"),
            requireName(creator.getPluginVersion(), "the plugin's version"),
            orEmpty(creator.getPluginNamespace())};
}

bool isOfV2(const IPluginCreatorInterface& creator) {
    return std::string_view(creator.getInterfaceInfo().kind) == "PLUGIN CREATOR_V1";
}

// Name, version and namespace, asked of whichever generation the creator is.
Identity identityOf(IPluginCreatorInterface& creator) {
    if (isOfV2(creator)) return identityAs(static_cast<IPluginCreator&>(creator));
    std::string_view kind = creator.getInterfaceInfo().kind;
    require(kind == "PLUGIN CREATOR_V3ONE", "a plugin creator of unknown kind \"", kind, "\"");
    return identityAs(static_cast<IPluginCreatorV3One&>(creator));
}

// The library whose creators register themselves on this thread right now.
struct Opening {
    void* library = nullptr;
    const char* path = "";
};
thread_local Opening opening;

class OpeningScope {
public:
    OpeningScope(void* library, const char* path) { opening = {library, path}; }
    ~OpeningScope() { opening = {}; }
    OpeningScope(const OpeningScope&) = delete;
    OpeningScope& operator=(const OpeningScope&) = delete;
};

// For the process's registry, which is older than any logger and outlives them: errors alone.
class LastLogger final : public ILogger {
public:
    void log(Severity severity, AsciiChar const* message) noexcept override {
        if (severity <= Severity::kERROR) std::fprintf(stderr, "bireme: %s\n", message);
    }
};

class GlobalLoggerFinder final : public ILoggerFinder {
public:
    ILogger* findLogger() override { return ::getLogger(); }
};

void forget(PluginRegistry& registry, void* library) {
    std::lock_guard lock(registry.mutex);
    std::erase_if(registry.entries, [&](const auto& e) { return e.library == library; });
}

bool holdsAny(const PluginRegistry& registry, void* library) {
    std::lock_guard lock(registry.mutex);
    return std::any_of(registry.entries.begin(), registry.entries.end(),
                       [&](const auto& e) { return e.library == library; });
}

void addShipped(PluginRegistry& registry, const char* space) {
    for (IPluginCreator* creator : plugin::shippedCreators()) registry.add(*creator, space);
}

PluginRegistryOwner* makeProcessRegistry() {
    // NOLINTNEXTLINE(bugprone-unhandled-exception-at-new): without memory here, the end is right
    auto* registry = new PluginRegistryOwner(nullptr, Reporter(new LastLogger));
    addShipped(Access::impl(registry->handle()), "");
    return registry;
}

PluginRegistry& processRegistry() { return Access::impl(*::getPluginRegistry()); }

}  // namespace

const PluginRegistry::Registered* PluginRegistry::find(std::string_view name,
                                                       std::string_view version,
                                                       std::string_view space) const {
    for (const Registered& e : entries)
        if (e.name == name && e.version == version && e.space == space) return &e;
    return nullptr;
}

bool PluginRegistry::add(IPluginCreatorInterface& creator, const char* space) {
    Identity id = identityOf(creator);
    if (space) id.space = space;
    std::lock_guard lock(mutex);
    if (find(id.name, id.version, id.space)) return false;
    if (isOfV2(creator)) static_cast<IPluginCreator&>(creator).setPluginNamespace(id.space.c_str());
    entries.push_back({id.name, id.version, id.space, &creator, opening.library, opening.path});
    return true;
}

void PluginRegistry::collect(std::vector<IPluginCreatorInterface*>& out) const {
    {
        std::lock_guard lock(mutex);
        for (const Registered& e : entries) out.push_back(e.creator);
    }
    if (parent && searchParent) Access::impl(*parent).collect(out);
}

void* PluginRegistry::load(const char* path) {
    require(path, "the plugin library's path is null");
    auto library = std::make_unique<DynLib>();
    void* handle = library.get();
    OpeningScope scope(handle, path);
    std::string why;
    *library = DynLib::open(path, why);
    if (!*library) {
        forget(processRegistry(), handle);
        fail(ErrorCode::kFAILED_INITIALIZATION,
             cat("plugin library \"", path, "\" cannot be loaded: ", why));
    }
    addAll(*library, handle, path);
    std::lock_guard lock(mutex);
    libraries[handle] = std::move(library);
    return handle;
}

void PluginRegistry::loadImage(const std::string& name, const std::vector<uint8_t>& bytes) {
    static std::mutex loading;
    static auto& images = *new std::map<Hash128, DynLib>;  // never closed
    std::lock_guard one(loading);
    DynLib& library = images[hash128(bytes.data(), bytes.size())];
    OpeningScope scope(&library, name.c_str());
    std::string why;
    if (!library) library = DynLib::openImage(name, bytes.data(), bytes.size(), why);
    if (!library) {
        forget(processRegistry(), &library);
        fail(ErrorCode::kFAILED_INITIALIZATION,
             cat("plugin library \"", name, "\" of the engine cannot be loaded: ", why));
    }
    addAll(library, &library, name.c_str());
}

void PluginRegistry::addAll(const DynLib& library, void* handle, const char* path) {
    using SetFinder = void (*)(ILoggerFinder*);
    if (auto set = reinterpret_cast<SetFinder>(library.symbol("setLoggerFinder"))) {
        static GlobalLoggerFinder finder;
        set(&finder);
    }
    using GetCreators = IPluginCreatorInterface* const* (*)(int32_t&);
    using GetOldCreators = IPluginCreator* const* (*)(int32_t&);
    auto getCreators = reinterpret_cast<GetCreators>(library.symbol("getCreators"));
    auto getOld = reinterpret_cast<GetOldCreators>(library.symbol("getPluginCreators"));
    auto addEach = [&](auto get) {
        int32_t count = 0;
        auto* creators = get(count);
        for (int32_t i = 0; creators && i < count; ++i)
            if (creators[i]) add(*creators[i], nullptr);
    };
    if (getCreators)
        addEach(getCreators);
    else if (getOld)
        addEach(getOld);
    else
        require(holdsAny(processRegistry(), handle), "plugin library \"", path,
                "\" has no function getCreators and registers no creator when it is loaded");
}

PluginRegistryOwner::PluginRegistryOwner(IPluginRegistry* parent, const Reporter& reporter) {
    auto impl = std::make_unique<PluginRegistry>();
    impl->parent = parent;
    impl->reporter = reporter;
    handle_ = Access::adopt<IPluginRegistry>(std::move(impl));
}

PluginRegistryOwner::~PluginRegistryOwner() { Access::destroy(handle_); }

IPluginCreatorInterface* PluginRegistryOwner::find(const char* name, const char* version,
                                                   const char* space) {
    return handle_->getCreator(name, version, space);
}

std::string PluginRegistryOwner::list() const {
    std::vector<IPluginCreatorInterface*> all;
    Access::impl(*handle_).collect(all);
    std::vector<std::string> names;
    for (auto* creator : all) {
        Identity id = identityOf(*creator);
        names.push_back(cat("\"", id.name, "\" ", id.version));
    }
    std::sort(names.begin(), names.end());
    return join(names, ", ");
}

std::string libraryOf(const IPluginRegistry& registry, std::string_view name,
                      std::string_view version, std::string_view space) {
    const PluginRegistry& r = Access::impl(registry);
    {
        std::lock_guard lock(r.mutex);
        if (const auto* e = r.find(name, version, space)) return e->path;
    }
    return r.parent && r.searchParent ? libraryOf(*r.parent, name, version, space) : "";
}

}  // namespace bireme::api

namespace nvinfer1 {

using bireme::api::guard;
using bireme::api::require;
namespace api = bireme::api;

IPluginRegistry::~IPluginRegistry() noexcept { delete impl_; }

bool IPluginRegistry::registerCreator(IPluginCreatorInterface& creator,
                                      AsciiChar const* const pluginNamespace) noexcept {
    return guard(impl_->reporter, false, [&] {
        require(pluginNamespace, "the plugin's namespace is null");
        return impl_->add(creator, pluginNamespace);
    });
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
    return guard(impl_->reporter, static_cast<void*>(nullptr),
                 [&] { return impl_->load(pluginPath); });
}

void IPluginRegistry::deregisterLibrary(PluginLibraryHandle handle) noexcept {
    guard(impl_->reporter, [&] {
        {
            std::lock_guard lock(impl_->mutex);
            require(impl_->libraries.count(handle), "no plugin library has this handle");
        }
        api::forget(*impl_, handle);
        api::forget(api::processRegistry(), handle);
        std::lock_guard lock(impl_->mutex);
        impl_->libraries.erase(handle);
    });
}

IPluginCreator* IPluginRegistry::getPluginCreator(AsciiChar const* const pluginName,
                                                  AsciiChar const* const pluginVersion,
                                                  AsciiChar const* const pluginNamespace) noexcept {
    auto* creator = getCreator(pluginName, pluginVersion, pluginNamespace);
    return creator && api::isOfV2(*creator) ? static_cast<IPluginCreator*>(creator) : nullptr;
}

IPluginCreator* const* IPluginRegistry::getPluginCreatorList(
    int32_t* const numCreators) const noexcept {
    return guard(impl_->reporter, static_cast<IPluginCreator* const*>(nullptr), [&] {
        require(numCreators, "the number of creators has no address");
        std::vector<IPluginCreatorInterface*> all;
        impl_->collect(all);
        std::lock_guard lock(impl_->mutex);
        impl_->listOfV2.clear();
        for (auto* c : all)
            if (api::isOfV2(*c)) impl_->listOfV2.push_back(static_cast<IPluginCreator*>(c));
        *numCreators = static_cast<int32_t>(impl_->listOfV2.size());
        return static_cast<IPluginCreator* const*>(impl_->listOfV2.data());
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
            it = impl_->resources.emplace(key, api::PluginRegistry::Resource{clone, 0}).first;
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
    static auto* registry = bireme::api::makeProcessRegistry();
    return &registry->handle();
}

nvinfer1::IPluginRegistry* getBuilderPluginRegistry(
    nvinfer1::EngineCapability capability) noexcept {
    return capability == nvinfer1::EngineCapability::kSTANDARD ? getPluginRegistry() : nullptr;
}

bool initLibNvInferPlugins(void* /*logger*/, char const* libNamespace) noexcept {
    auto& registry = bireme::api::processRegistry();  // has them in the namespace ""
    return bireme::api::guard(registry.reporter, false, [&] {
        if (libNamespace && *libNamespace) bireme::api::addShipped(registry, libNamespace);
        return true;
    });
}

}  // extern "C"
