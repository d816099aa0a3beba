// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "device/backend.h"

#include <memory>
#include <mutex>
#include <string>
#include <vector>

namespace bireme::device {

// All backends of the process: embedded ones first, then libbireme_<name>.so in BIREME_BACKEND_PATH
// or next to this library, each opened when it is first asked for, by name or with all others, and
// never closed. A backend that is missing or refuses is told of by missing(). Thread-safe.
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
    // With mutex_ held.
    void openEmbedded();
    void openShipped(size_t which);
    std::vector<Backend*> opened();  // all that are open, in order
    std::vector<Backend*> openAll();

    static constexpr size_t kShipped = 2;
    struct Library {
        bool asked = false;
        Backend* backend = nullptr;
    };
    std::mutex mutex_;
    bool hasEmbedded_ = false;
    std::vector<Backend*> embedded_, added_;
    Library shipped_[kShipped];
    std::vector<Missing> missing_;
};

}  // namespace bireme::device
