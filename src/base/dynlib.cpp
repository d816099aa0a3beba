// SPDX-License-Identifier: Apache-2.0
#include "base/dynlib.h"

#include <dlfcn.h>
#include <utility>

namespace bireme {

DynLib DynLib::open(const std::string& path, std::string& why) {
    DynLib lib;
    lib.handle_ = ::dlopen(path.c_str(), RTLD_NOW | RTLD_LOCAL);
    if (!lib.handle_) {
        const char* e = ::dlerror();
        why = e ? e : "unknown reason";
    }
    return lib;
}

DynLib& DynLib::operator=(DynLib&& o) noexcept {
    std::swap(handle_, o.handle_);
    return *this;
}

DynLib::~DynLib() {
    if (handle_) ::dlclose(handle_);
}

void* DynLib::symbol(const char* name) const { return handle_ ? ::dlsym(handle_, name) : nullptr; }

std::string DynLib::folderOf(const void* address) {
    Dl_info info{};
    if (!::dladdr(address, &info) || !info.dli_fname) return ".";
    std::string path = info.dli_fname;
    size_t slash = path.rfind('/');
    return slash == std::string::npos ? "." : path.substr(0, slash);
}

}  // namespace bireme
