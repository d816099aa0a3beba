// SPDX-License-Identifier: Apache-2.0
#include "base/dynlib.h"

#include <dlfcn.h>
#include <sys/mman.h>
#include <unistd.h>
#include <cerrno>
#include <cstring>
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

DynLib DynLib::openImage(const std::string& name, const void* data, size_t size, std::string& why) {
    int file = ::memfd_create(name.c_str(), MFD_CLOEXEC);
    size_t written = 0;
    while (file >= 0 && written < size) {
        ssize_t n = ::write(file, static_cast<const char*>(data) + written, size - written);
        if (n < 0 && errno == EINTR) continue;
        if (n <= 0) break;
        written += static_cast<size_t>(n);
    }
    if (file < 0 || written < size) {
        why = std::strerror(errno);
        if (file >= 0) ::close(file);
        return {};
    }
    // Not closed: the loader takes a later image with the same number for this one.
    DynLib lib = open("/proc/self/fd/" + std::to_string(file), why);
    if (!lib) ::close(file);
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
