// SPDX-License-Identifier: Apache-2.0
#include "plan/json_text.h"

namespace bireme::plan {

// Bytes of the UTF-8 character that `s` begins with; 0 where it begins with none.
static size_t characterBytes(std::string_view s) {
    const auto first = static_cast<unsigned char>(s[0]);
    const size_t n = first < 0x80                    ? 1
                     : first >= 0xc2 && first < 0xe0 ? 2
                     : first >= 0xe0 && first < 0xf0 ? 3
                     : first >= 0xf0 && first < 0xf5 ? 4
                                                     : 0;
    if (n > s.size()) return 0;
    for (size_t i = 1; i < n; ++i)
        if ((static_cast<unsigned char>(s[i]) & 0xc0) != 0x80) return 0;
    const auto second = static_cast<unsigned char>(n > 1 ? s[1] : 0);
    const bool overlong = (first == 0xe0 && second < 0xa0) || (first == 0xf0 && second < 0x90);
    const bool beyond = (first == 0xed && second > 0x9f) || (first == 0xf4 && second > 0x8f);
    return overlong || beyond ? 0 : n;
}

std::string jsonString(std::string_view s) {
    static const char digits[] = "0123456789abcdef";
    std::string out = "\"";
    for (size_t i = 0; i < s.size(); ++i) {
        const char c = s[i];
        auto u = static_cast<unsigned char>(c);
        if (u >= 0x80) {
            const size_t n = characterBytes(s.substr(i));
            if (n == 0) {
                out += "\\ufffd";  // names in files may be any bytes, JSON is UTF-8
            } else {
                out += s.substr(i, n);
                i += n - 1;
            }
        } else if (c == '"' || c == '\\')
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
