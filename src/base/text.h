// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <type_traits>
#include <vector>

namespace bireme {

namespace text_detail {
void append(std::string& out, std::string_view s);
void append(std::string& out, const char* s);
void append(std::string& out, char c);
void append(std::string& out, bool b);
void append(std::string& out, int64_t v);
void append(std::string& out, uint64_t v);
void append(std::string& out, double v);
template <typename T>
requires(std::is_integral_v<T> && !std::is_same_v<T, bool> &&
         !std::is_same_v<T, char>) void append(std::string& out, T v) {
    if constexpr (std::is_signed_v<T>)
        append(out, static_cast<int64_t>(v));
    else
        append(out, static_cast<uint64_t>(v));
}
inline void append(std::string& out, float v) { append(out, static_cast<double>(v)); }
}  // namespace text_detail

// Concatenates strings and numbers: cat("got ", n, " of ", m). Floats print shortest round-trip.
template <typename... Args>
std::string cat(const Args&... args) {
    std::string out;
    (text_detail::append(out, args), ...);
    return out;
}

std::string join(const std::vector<std::string>& parts, std::string_view separator);
std::vector<std::string> split(std::string_view text, char separator);
std::string_view trim(std::string_view text);

// The candidate with the smallest edit distance to `word`, or "" when none is near (for "did you
// mean").
std::string nearest(std::string_view word, const std::vector<std::string>& candidates);

// 1536 -> "1.5 KiB".
std::string humanBytes(uint64_t bytes);

}  // namespace bireme
