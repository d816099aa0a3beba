// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <string>
#include <vector>

namespace bireme {

struct EnvSwitch {
    const char* name;
    const char* type;
    const char* defaultValue;
    const char* help;
};

const std::vector<EnvSwitch>& envSwitches();

// Value of a switch listed in env.def, or its default; asking for an unlisted one is a programmer's
// mistake.
std::string envString(const char* name);
int64_t envInt(const char* name);

}  // namespace bireme
