// SPDX-License-Identifier: Apache-2.0
#include "backends/cuda/driver/library.h"

#include "base/dynlib.h"
#include "base/env.h"
#include "base/text.h"

#include <dirent.h>
#include <dlfcn.h>
#include <unistd.h>
#include <algorithm>

namespace bireme::cuda {

namespace {

std::vector<std::string> entries(const std::string& folder) {
    std::vector<std::string> out;
    DIR* dir = ::opendir(folder.c_str());
    if (!dir) return out;
    while (const dirent* e = ::readdir(dir))
        if (e->d_name[0] != '.') out.emplace_back(e->d_name);
    ::closedir(dir);
    std::sort(out.begin(), out.end());
    return out;
}

// A folder of libraries, a toolkit, or a site-packages: the folders of libraries in it.
void expand(const std::string& folder, std::vector<std::string>& out) {
    out.push_back(folder);
    for (const char* part : {"/lib64", "/lib"})
        if (::access((folder + part).c_str(), R_OK) == 0) out.push_back(folder + part);
    for (const auto& package : entries(folder + "/nvidia")) {
        std::string lib = cat(folder, "/nvidia/", package, "/lib");
        if (::access(lib.c_str(), R_OK) == 0) out.push_back(lib);
    }
}

std::vector<std::string> asked() {
    std::vector<std::string> out;
    for (const auto& folder : split(envString("BIREME_CUDA_PATH"), ':'))
        if (!folder.empty()) expand(folder, out);
    return out;
}

std::vector<std::string> usual() {
    std::vector<std::string> out;
    std::string here = DynLib::folderOf(reinterpret_cast<const void*>(&libraryFolders));
    expand(here + "/..", out);  // site-packages, when this file lies in site-packages/bireme
    if (const char* venv = ::getenv("VIRTUAL_ENV"))
        for (const auto& python : entries(cat(venv, "/lib")))
            expand(cat(venv, "/lib/", python, "/site-packages"), out);
    expand("/usr/local/cuda", out);
    return out;
}

}  // namespace

const std::vector<std::string>& libraryFolders() {
    static const auto* folders = [] {
        auto* all = new std::vector<std::string>(asked());
        auto more = usual();
        all->insert(all->end(), more.begin(), more.end());
        return all;
    }();
    return *folders;
}

bool Library::tryOpen(const std::string& file) {
    // cuDNN and cuBLASLt open parts of themselves by name: found among what is open already.
    handle_ = ::dlopen(file.c_str(), RTLD_NOW | RTLD_LOCAL);
    if (!handle_) {
        const char* e = ::dlerror();
        if (file[0] == '/' && e) why_ = e;
        return false;
    }
    path_ = file;
    return true;
}

Library::Library(std::vector<std::string> names) {
    auto inFolders = [&](const std::vector<std::string>& folders) {
        for (const auto& folder : folders)
            for (const auto& name : names) {
                std::string file = cat(folder, "/", name);
                if (::access(file.c_str(), R_OK) == 0 && tryOpen(file)) return true;
            }
        return false;
    };
    if (inFolders(asked())) return;
    for (const auto& name : names)
        if (tryOpen(name)) return;
    if (inFolders(libraryFolders())) return;
    if (why_.empty())
        why_ = cat(names.front(), " is not in the system's search path, nor in ",
                   join(libraryFolders(), ", "));
}

void* Library::symbol(const char* name) const noexcept {
    return handle_ ? ::dlsym(handle_, name) : nullptr;
}

void Library::refuse(std::string why) {
    handle_ = nullptr;
    why_ = std::move(why);
}

}  // namespace bireme::cuda
