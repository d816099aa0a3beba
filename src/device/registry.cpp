// SPDX-License-Identifier: Apache-2.0
#include "device/registry.h"

#include "base/dynlib.h"
#include "base/env.h"
#include "base/text.h"

#include <unistd.h>
#include <algorithm>
#include <iterator>

namespace bireme::device {

std::vector<BackendEntry> embeddedBackends();  // generated from the list of backends linked in

// Backends that ship as shared objects of their own.
static constexpr std::string_view kShippedApart[] = {"cpu", "cuda"};

BackendRegistry& BackendRegistry::global() {
    static auto* registry = new BackendRegistry;  // engines may outlive static destructors
    return *registry;
}

void BackendRegistry::add(Backend& backend) {
    std::lock_guard lock(mutex_);
    added_.push_back(&backend);
}

void BackendRegistry::remove(Backend& backend) {
    std::lock_guard lock(mutex_);
    std::erase(added_, &backend);
}

static std::string libraryPath(const std::string& name, const std::vector<std::string>& folders) {
    for (const auto& folder : folders) {
        std::string path = cat(folder, "/libbireme_", name, ".so");
        if (::access(path.c_str(), R_OK) == 0) return path;
    }
    return {};
}

void BackendRegistry::openShipped(size_t which) {
    static_assert(std::size(kShippedApart) == kShipped);
    Library& slot = shipped_[which];
    if (slot.asked) return;
    slot.asked = true;
    std::vector<std::string> folders;
    if (std::string path = envString("BIREME_BACKEND_PATH"); !path.empty()) folders.push_back(path);
    folders.push_back(DynLib::folderOf(reinterpret_cast<const void*>(&embeddedBackends)));
    const std::string name(kShippedApart[which]), path = libraryPath(name, folders);
    std::string why;
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
    slot.backend = entry ? entry(kBackendApi) : nullptr;
    if (slot.backend) {
        (void)library.release();  // its kernels live as long as the process
        return;
    }
    missing_.push_back({name, cat(path, entry ? " was built for another version of Bireme"
                                              : " is not a backend of Bireme")});
}

void BackendRegistry::openEmbedded() {
    if (hasEmbedded_) return;
    hasEmbedded_ = true;
    for (BackendEntry entry : embeddedBackends())
        if (Backend* b = entry(kBackendApi)) embedded_.push_back(b);
}

std::vector<Backend*> BackendRegistry::opened() {
    std::vector<Backend*> all = embedded_;
    for (const Library& l : shipped_)
        if (l.backend) all.push_back(l.backend);
    all.insert(all.end(), added_.begin(), added_.end());
    return all;
}

std::vector<Backend*> BackendRegistry::openAll() {
    openEmbedded();
    for (size_t i = 0; i < kShipped; ++i) openShipped(i);
    return opened();
}

std::vector<Backend*> BackendRegistry::backends() {
    std::lock_guard lock(mutex_);
    return openAll();
}

Backend* BackendRegistry::find(std::string_view name) {
    std::lock_guard lock(mutex_);
    auto among = [&](const std::vector<Backend*>& all) {
        auto it =
            std::find_if(all.begin(), all.end(), [&](Backend* b) { return b->name() == name; });
        return it == all.end() ? nullptr : *it;
    };
    // An engine of one backend needs no other's library.
    openEmbedded();
    for (size_t i = 0; i < kShipped; ++i)
        if (kShippedApart[i] == name) openShipped(i);
    if (Backend* b = among(opened())) return b;
    return among(openAll());
}

Backend* BackendRegistry::forKernel(std::string_view kernel) {
    return find(kernel.substr(0, kernel.find('.')));
}

std::vector<BackendRegistry::Missing> BackendRegistry::missing() {
    std::vector<Missing> all;
    {
        std::lock_guard lock(mutex_);
        (void)openAll();
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
