// SPDX-License-Identifier: Apache-2.0
#include "base/env.h"

#include "base/status.h"
#include "base/text.h"

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

static bool isValue(const std::string& type, const std::string& text) {
    if (text.empty() || type == "string") return true;
    if (type == "int") {
        char* end = nullptr;
        (void)std::strtoll(text.c_str(), &end, 10);
        return *end == '\0';
    }
    return cat(" ", type, " ").find(cat(" ", text, " ")) != std::string::npos && text != "or";
}

std::vector<std::string> envMistakes() {
    std::vector<std::string> out;
    for (const auto& s : envSwitches())
        if (const char* v = std::getenv(s.name); v && !isValue(s.type, v))
            out.push_back(cat("environment ", s.name, "=", v,
                              " is left out of account: it has to be ",
                              std::strcmp(s.type, "int") == 0 ? "a whole number" : s.type));
    return out;
}

int64_t envInt(const char* name) { return std::strtoll(envString(name).c_str(), nullptr, 10); }

}  // namespace bireme
