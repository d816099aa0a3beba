// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <string>

namespace bireme {

// A shared object opened at run time (RTLD_LOCAL); closed with the object.
class DynLib {
public:
    DynLib() = default;
    // Empty on failure, with the system's reason in `why`.
    static DynLib open(const std::string& path, std::string& why);
    // From a shared object's bytes; `name` is for people who look at the process's mappings. The
    // file behind it has no place in a folder and lives as long as the process.
    static DynLib openImage(const std::string& name, const void* data, size_t size,
                            std::string& why);
    DynLib(DynLib&& o) noexcept : handle_(o.handle_) { o.handle_ = nullptr; }
    DynLib& operator=(DynLib&& o) noexcept;
    ~DynLib();

    explicit operator bool() const { return handle_ != nullptr; }
    void* symbol(const char* name) const;  // null if missing
    void* release() {
        void* h = handle_;
        handle_ = nullptr;
        return h;
    }

    // Folder of the shared object or executable that contains `address`.
    static std::string folderOf(const void* address);

private:
    void* handle_ = nullptr;
};

}  // namespace bireme
