// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "base/hash.h"
#include "tactic/tactic.h"

#include <map>
#include <mutex>
#include <optional>
#include <string>
#include <vector>

namespace bireme::builder {

// Query key -> the fastest tactic of one factory and its time. Plain facts; a text file: one line
// an entry.
class TimingCache {
public:
    struct Entry {
        tactic::Tactic tactic;  // empty factory: nothing of this factory ran
        float milliseconds = 0;
    };

    std::optional<Entry> find(const Hash128& key) const;
    void insert(const Hash128& key, Entry entry);
    void erase(const Hash128& key);
    void clear();
    size_t size() const;
    std::vector<Hash128> keys() const;

    std::string serialize() const;
    // Throws Error for text that is no timing cache. Entries that exist are kept unless
    // `overwrite`.
    void read(std::string_view text, bool overwrite = false);
    void combine(const TimingCache& other, bool overwrite = false);

private:
    mutable std::mutex mutex_;
    std::map<Hash128, Entry> entries_;
};

}  // namespace bireme::builder
