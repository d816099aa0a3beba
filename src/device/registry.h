// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "device/backend.h"

#include <memory>
#include <mutex>
#include <string>
#include <vector>

namespace bireme::device {

// All backends of the process: embedded ones first, then libbireme_<name>.so next to this library (or in
// BIREME_BACKEND_PATH), opened on first use. A backend that is missing or refuses is told of by missing().
class BackendRegistry {
public:
    static BackendRegistry& global();

    void add(Backend& backend);                        // embedded backends and tests; the caller keeps it alive
    void remove(Backend& backend);
    std::vector<Backend*> backends();
    Backend* find(std::string_view name);              // null when missing
    // The backend that loads kernel "cpu.convolution.onednn": found by the first word of its name.
    Backend* forKernel(std::string_view kernel);
    struct Missing {
        std::string name, reason;
    };
    std::vector<Missing> missing();

private:
    void openAll();
    std::mutex mutex_;
    bool opened_ = false;
    std::vector<Backend*> backends_;
    std::vector<Missing> missing_;
};

} // namespace bireme::device
