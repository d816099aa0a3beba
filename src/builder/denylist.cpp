// SPDX-License-Identifier: Apache-2.0
#include "builder/denylist.h"

#include "base/cache_folder.h"
#include "base/env.h"
#include "base/text.h"

#include <algorithm>
#include <fstream>

namespace bireme::builder {

static std::string keyOf(const Hash128& timingKey, const tactic::Tactic& tactic) {
    return hash128(cat(timingKey.hex(), " ", tactic.text())).hex();
}

std::string Denylist::defaultPath() {
    if (std::string asked = envString("BIREME_DENYLIST"); !asked.empty()) return asked;
    const std::string folder = cacheFolder("");
    return folder.empty() ? folder : cat(folder, "/denylist.txt");
}

Denylist::Denylist(std::string path) : path_(std::move(path)) {
    std::ifstream file(path_);
    for (std::string line; std::getline(file, line);) keys_.insert(line.substr(0, line.find('\t')));
}

bool Denylist::has(const Hash128& timingKey, const tactic::Tactic& tactic) const {
    return !keys_.empty() && keys_.count(keyOf(timingKey, tactic)) > 0;
}

bool Denylist::add(const Hash128& timingKey, const tactic::Tactic& tactic,
                   const std::string& reason) {
    const std::string key = keyOf(timingKey, tactic);
    keys_.insert(key);
    if (path_.empty()) return false;
    std::string why = reason;
    std::replace(why.begin(), why.end(), '\n', ' ');
    std::ofstream file(path_, std::ios::app);  // one write: other builds may add theirs
    file << cat(key, "\t", tactic.text(), "\t", why, "\n") << std::flush;
    return file.good();
}

}  // namespace bireme::builder
