// SPDX-License-Identifier: Apache-2.0
#include "plan/json_text.h"

namespace bireme::plan {

std::string jsonString(std::string_view s) {
    static const char digits[] = "0123456789abcdef";
    std::string out = "\"";
    for (char c : s) {
        auto u = static_cast<unsigned char>(c);
        if (c == '"' || c == '\\')
            out += '\\', out += c;
        else if (c == '\n')
            out += "\\n";
        else if (c == '\t')
            out += "\\t";
        else if (u < 0x20)
            out += "\\u00", out += digits[u >> 4], out += digits[u & 15];
        else
            out += c;
    }
    return out += '"';
}

}  // namespace bireme::plan
