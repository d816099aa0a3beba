// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <string>
#include <vector>

namespace bireme {

struct EnvSwitch {
    const char* name;
    const char* type;  // int, string, or the values there are: "a or b"
    const char* defaultValue;
    const char* help;
};

const std::vector<EnvSwitch>& envSwitches();

// Value of a switch listed in env.def, or its default; asking for an unlisted one is a programmer's
// mistake.
std::string envString(const char* name);
int64_t envInt(const char* name);

// One sentence for each switch in the environment whose value is none of its type.
std::vector<std::string> envMistakes();

}  // namespace bireme
