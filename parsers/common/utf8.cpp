// SPDX-License-Identifier: Apache-2.0
#include "parsers/common/utf8.h"

#include <cstddef>
#include <cstdint>

namespace bireme::parsers {

namespace {

/// Bytes of the character at the front; 0 where none is. Neither overlong forms nor surrogates nor
/// codes above 10FFFF are characters.
size_t characterAt(std::string_view s) {
    const auto byte = [&](size_t i) { return static_cast<uint8_t>(s[i]); };
    const uint8_t head = byte(0);
    if (head < 0x80) return 1;
    const size_t size = head >= 0xC2 && head < 0xE0   ? 2
                        : head >= 0xE0 && head < 0xF0 ? 3
                        : head >= 0xF0 && head < 0xF5 ? 4
                                                      : 0;
    if (size == 0 || s.size() < size) return 0;
    for (size_t i = 1; i < size; ++i)
        if ((byte(i) & 0xC0) != 0x80) return 0;
    const bool outside = (head == 0xE0 && byte(1) < 0xA0) || (head == 0xED && byte(1) >= 0xA0) ||
                         (head == 0xF0 && byte(1) < 0x90) || (head == 0xF4 && byte(1) >= 0x90);
    return outside ? 0 : size;
}

}  // namespace

std::string readable(std::string_view text) {
    std::string out;
    out.reserve(text.size());
    while (!text.empty()) {
        const size_t size = characterAt(text);
        if (size == 0)
            out += '?';
        else
            out += text.substr(0, size);
        text.remove_prefix(size == 0 ? 1 : size);
    }
    return out;
}

std::string inQuotes(std::string_view name) { return "\"" + std::string(name) + "\""; }

}  // namespace bireme::parsers
