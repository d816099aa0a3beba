// SPDX-License-Identifier: Apache-2.0
#include "base/fields.h"

namespace bireme {

const char* enumName(int64_t value, EnumNames names) {
    for (const auto& n : names)
        if (n.value == value) return n.name;
    return "";
}

bool enumValue(const std::string& name, EnumNames names, int64_t& value) {
    for (const auto& n : names) {
        if (name != n.name) continue;
        value = n.value;
        return true;
    }
    return false;
}

}  // namespace bireme
