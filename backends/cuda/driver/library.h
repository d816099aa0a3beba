// SPDX-License-Identifier: Apache-2.0
// Finds and opens NVIDIA's libraries at run time; the core links none of them.
#pragma once

#include <string>
#include <vector>

namespace bireme::cuda {

// One library as it was found: opened once, never closed.
class Library {
public:
    // `names` are tried in order, in every folder of BIREME_CUDA_PATH, by the system's own search
    // (LD_LIBRARY_PATH, ldconfig), in the nvidia-* packages beside this backend, in
    // /usr/local/cuda.
    explicit Library(std::vector<std::string> names);

    void* handle() const noexcept { return handle_; }
    const std::string& path() const noexcept { return path_; }  // where it was found
    const std::string& why() const noexcept { return why_; }    // it was not found, or lacks things
    void* symbol(const char* name) const noexcept;
    void refuse(std::string why);  // found, but of no use

private:
    bool tryOpen(const std::string& file);
    void* handle_ = nullptr;
    std::string path_, why_;
};

// Folders that may hold NVIDIA's libraries, ours first.
const std::vector<std::string>& libraryFolders();

}  // namespace bireme::cuda
