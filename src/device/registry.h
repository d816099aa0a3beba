// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "device/backend.h"

#include <memory>
#include <mutex>
#include <string>
#include <vector>

namespace bireme::device {

// All backends of the process: embedded ones first, then libbireme_<name>.so in BIREME_BACKEND_PATH
// or next to this library, opened on first use and never closed. A backend that is missing or
// refuses is told of by missing(). Thread-safe.
class BackendRegistry {
public:
    static BackendRegistry& global();

    void add(Backend& backend);  // plugins and tests; the caller keeps it alive
    void remove(Backend& backend);
    std::vector<Backend*> backends();
    Backend* find(std::string_view name);  // null when missing
    // The backend that loads kernel "cpu.convolution.onednn": found by the first word of its name.
    Backend* forKernel(std::string_view kernel);
    struct Missing {
        std::string name, reason;
    };
    std::vector<Missing> missing();  // libraries that cannot be used, backends without a device
    // Why `name` is not there, as a sentence for an error.
    std::string reasonFor(std::string_view name);

private:
    void openAll();  // with mutex_ held
    void openLibrary(const std::string& name, const std::vector<std::string>& folders);
    std::mutex mutex_;
    bool opened_ = false;
    std::vector<Backend*> backends_;
    std::vector<Missing> missing_;
};

}  // namespace bireme::device
