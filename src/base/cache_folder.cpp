// SPDX-License-Identifier: Apache-2.0
#include "base/cache_folder.h"

#include "base/env.h"
#include "base/text.h"

#include <sys/stat.h>
#include <unistd.h>
#include <cstdlib>

namespace bireme {

static bool makeFolders(const std::string& path) {
    for (size_t at = 1; at != std::string::npos;) {
        at = path.find('/', at + 1);
        ::mkdir(path.substr(0, at).c_str(), 0777);
    }
    return ::access(path.c_str(), W_OK) == 0;
}

std::string cacheFolder(const std::string& part) {
    std::string folder = envString("BIREME_CACHE");
    if (folder == "off") return {};
    if (folder.empty()) {
        const char *cache = std::getenv("XDG_CACHE_HOME"), *home = std::getenv("HOME");
        if (cache && *cache)
            folder = cat(cache, "/bireme");
        else if (home && *home)
            folder = cat(home, "/.cache/bireme");
        else
            return {};
    }
    if (!part.empty()) folder += cat("/", part);
    return makeFolders(folder) ? folder : std::string();
}

}  // namespace bireme
