// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "bireme/plugin.h"

#include <string>

namespace bireme::plugin {

// Where creators are found; the API's registries are one.
class CreatorSource {
public:
    virtual ~CreatorSource() = default;
    virtual IPluginCreatorInterface* find(const char* name, const char* version,
                                          const char* space) = 0;
    // The creators that there are, for errors.
    virtual std::string list() const = 0;
};

// Engines that this thread loads find their creators in `source` while the scope lives.
class CreatorScope {
public:
    explicit CreatorScope(CreatorSource& source) : before_(current_) { current_ = &source; }
    ~CreatorScope() { current_ = before_; }
    CreatorScope(const CreatorScope&) = delete;
    CreatorScope& operator=(const CreatorScope&) = delete;

    static CreatorSource* current() { return current_; }

private:
    CreatorSource* before_;
    static thread_local CreatorSource* current_;
};

}  // namespace bireme::plugin
