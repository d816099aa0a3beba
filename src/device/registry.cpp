// SPDX-License-Identifier: Apache-2.0
#include "device/registry.h"

#include "base/dynlib.h"
#include "base/env.h"
#include "base/text.h"

#include <unistd.h>
#include <algorithm>

namespace bireme::device {

std::vector<BackendEntry> embeddedBackends();  // generated from the list of backends linked in

// Backends that ship as shared objects of their own.
static const char* const kShippedApart[] = {"cpu", "cuda"};

BackendRegistry& BackendRegistry::global() {
    static auto* registry = new BackendRegistry;  // engines may outlive static destructors
    return *registry;
}

void BackendRegistry::add(Backend& backend) {
    std::lock_guard lock(mutex_);
    backends_.push_back(&backend);
}

void BackendRegistry::remove(Backend& backend) {
    std::lock_guard lock(mutex_);
    std::erase(backends_, &backend);
}

static std::string libraryPath(const std::string& name, const std::vector<std::string>& folders) {
    for (const auto& folder : folders) {
        std::string path = cat(folder, "/libbireme_", name, ".so");
        if (::access(path.c_str(), R_OK) == 0) return path;
    }
    return {};
}

void BackendRegistry::openLibrary(const std::string& name,
                                  const std::vector<std::string>& folders) {
    std::string path = libraryPath(name, folders), why;
    if (path.empty()) {
        missing_.push_back(
            {name, cat("libbireme_", name, ".so is not in ", join(folders, " or "))});
        return;
    }
    DynLib library = DynLib::open(path, why);
    if (!library) {
        missing_.push_back({name, cat(path, " cannot be opened: ", why)});
        return;
    }
    auto entry = reinterpret_cast<BackendEntry>(library.symbol("bireme_backend"));
    Backend* backend = entry ? entry(kBackendApi) : nullptr;
    if (backend) {
        (void)library.release();  // its kernels live as long as the process
        backends_.push_back(backend);
        return;
    }
    missing_.push_back({name, cat(path, entry ? " was built for another version of Bireme"
                                              : " is not a backend of Bireme")});
}

void BackendRegistry::openAll() {
    if (opened_) return;
    opened_ = true;
    auto added = std::move(backends_);
    backends_.clear();
    for (BackendEntry entry : embeddedBackends())
        if (Backend* b = entry(kBackendApi)) backends_.push_back(b);
    std::vector<std::string> folders;
    if (std::string path = envString("BIREME_BACKEND_PATH"); !path.empty()) folders.push_back(path);
    folders.push_back(DynLib::folderOf(reinterpret_cast<const void*>(&embeddedBackends)));
    for (const char* name : kShippedApart) openLibrary(name, folders);
    backends_.insert(backends_.end(), added.begin(), added.end());
}

std::vector<Backend*> BackendRegistry::backends() {
    std::lock_guard lock(mutex_);
    openAll();
    return backends_;
}

Backend* BackendRegistry::find(std::string_view name) {
    std::lock_guard lock(mutex_);
    openAll();
    auto it = std::find_if(backends_.begin(), backends_.end(),
                           [&](Backend* b) { return b->name() == name; });
    return it == backends_.end() ? nullptr : *it;
}

Backend* BackendRegistry::forKernel(std::string_view kernel) {
    return find(kernel.substr(0, kernel.find('.')));
}

std::vector<BackendRegistry::Missing> BackendRegistry::missing() {
    std::vector<Missing> all;
    {
        std::lock_guard lock(mutex_);
        openAll();
        all = missing_;
    }
    for (Backend* b : backends())
        if (std::string why = b->whyNoDevice(); b->devices().empty() && !why.empty())
            all.push_back({std::string(b->name()), std::move(why)});
    return all;
}

std::string BackendRegistry::reasonFor(std::string_view name) {
    for (const Missing& m : missing())
        if (m.name == name) return m.reason;
    std::vector<std::string> known;
    for (Backend* b : backends()) known.emplace_back(b->name());
    return cat("this Bireme has ", known.empty() ? "no backends" : join(known, ", "));
}

}  // namespace bireme::device
