// SPDX-License-Identifier: Apache-2.0
#include "builder/timing_cache.h"

#include "base/status.h"
#include "base/text.h"

#include <cstdlib>

namespace bireme::builder {

static const char kHeader[] = "bireme timing cache 1";

std::optional<TimingCache::Entry> TimingCache::find(const Hash128& key) const {
    std::lock_guard lock(mutex_);
    auto it = entries_.find(key);
    if (it == entries_.end()) return std::nullopt;
    return it->second;
}

void TimingCache::insert(const Hash128& key, Entry entry) {
    std::lock_guard lock(mutex_);
    entries_[key] = std::move(entry);
}

void TimingCache::erase(const Hash128& key) {
    std::lock_guard lock(mutex_);
    entries_.erase(key);
}

void TimingCache::clear() {
    std::lock_guard lock(mutex_);
    entries_.clear();
}

size_t TimingCache::size() const {
    std::lock_guard lock(mutex_);
    return entries_.size();
}

std::vector<Hash128> TimingCache::keys() const {
    std::lock_guard lock(mutex_);
    std::vector<Hash128> keys;
    for (const auto& [k, e] : entries_) keys.push_back(k);
    return keys;
}

std::string TimingCache::serialize() const {
    std::lock_guard lock(mutex_);
    std::string out = cat(kHeader, "\n");
    for (const auto& [key, e] : entries_) {
        out +=
            cat(key.hex(), "\t", e.milliseconds, "\t",
                e.tactic.factory.empty() ? "-" : e.tactic.factory, "\t", e.tactic.parameters, "\n");
    }
    return out;
}

static Hash128 parseHex(const std::string& hex) {
    if (hex.size() != 32 || hex.find_first_not_of("0123456789abcdef") != std::string::npos)
        failInvalid(cat("timing cache: \"", hex, "\" is no key"));
    return {std::strtoull(hex.substr(16).c_str(), nullptr, 16),
            std::strtoull(hex.substr(0, 16).c_str(), nullptr, 16)};
}

void TimingCache::read(std::string_view text, bool overwrite) {
    auto lines = split(text, '\n');
    if (lines.empty() || lines[0] != kHeader)
        failInvalid("this is not a Bireme timing cache, or one of another version");
    TimingCache fresh;
    for (size_t i = 1; i < lines.size(); ++i) {
        if (lines[i].empty() || lines[i] == kHeader) continue;  // files one after another
        auto cells = split(lines[i], '\t');
        if (cells.size() != 4)
            failInvalid(cat("timing cache, line ", i + 1, ": expected 4 columns"));
        float ms = std::strtof(cells[1].c_str(), nullptr);
        fresh.entries_[parseHex(cells[0])] = {{cells[2] == "-" ? "" : cells[2], cells[3]}, ms};
    }
    combine(fresh, overwrite);
}

void TimingCache::combine(const TimingCache& other, bool overwrite) {
    if (this == &other) return;
    std::scoped_lock lock(mutex_, other.mutex_);
    for (const auto& [k, e] : other.entries_) {
        if (overwrite)
            entries_[k] = e;
        else
            entries_.try_emplace(k, e);
    }
}

}  // namespace bireme::builder
