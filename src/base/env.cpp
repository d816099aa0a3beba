// SPDX-License-Identifier: Apache-2.0
#include "base/env.h"

#include "base/status.h"

#include <cstdlib>
#include <cstring>

namespace bireme {

const std::vector<EnvSwitch>& envSwitches() {
    static const std::vector<EnvSwitch> all = {
#define ENV(name, type, fallback, help) {#name, #type, fallback, help},
#include "base/env.def"
#undef ENV
    };
    return all;
}

std::string envString(const char* name) {
    for (const auto& s : envSwitches()) {
        if (std::strcmp(s.name, name) != 0) continue;
        const char* v = std::getenv(name);
        return v ? v : s.defaultValue;
    }
    BIREME_ASSERT(!"environment switch is listed in env.def");
    return {};
}

int64_t envInt(const char* name) { return std::strtoll(envString(name).c_str(), nullptr, 10); }

}  // namespace bireme
