// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "base/hash.h"
#include "tactic/tactic.h"

#include <set>
#include <string>

namespace bireme::builder {

// Tactics that made a device unusable while they were timed: a text file, one line for each, that
// every build reads and only such an accident writes. They are known by the timing key of their
// query, so that another driver or library, or another revision of the kernel, tries them again.
class Denylist {
public:
    // BIREME_DENYLIST, or denylist.txt in the folder of caches; "" where there is none.
    static std::string defaultPath();
    // What the file holds; empty when it cannot be read. Lines that are none of its are passed
    // over.
    explicit Denylist(std::string path);

    bool empty() const { return keys_.empty(); }
    bool has(const Hash128& timingKey, const tactic::Tactic& tactic) const;
    // Adds a line to the file; false when it cannot be written.
    bool add(const Hash128& timingKey, const tactic::Tactic& tactic, const std::string& reason);
    const std::string& path() const { return path_; }

private:
    std::string path_;
    std::set<std::string> keys_;
};

}  // namespace bireme::builder
