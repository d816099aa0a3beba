// SPDX-License-Identifier: Apache-2.0
#include "base/text.h"

#include <algorithm>
#include <charconv>
#include <cmath>

namespace bireme {

namespace text_detail {
void append(std::string& out, std::string_view s) { out.append(s); }
void append(std::string& out, const char* s) { out.append(s ? s : "(null)"); }
void append(std::string& out, char c) { out.push_back(c); }
void append(std::string& out, bool b) { out.append(b ? "true" : "false"); }
void append(std::string& out, int64_t v) { out.append(std::to_string(v)); }
void append(std::string& out, uint64_t v) { out.append(std::to_string(v)); }
void append(std::string& out, double v) {
    char buffer[40];
    auto [end, ec] = static_cast<double>(static_cast<float>(v)) == v
                         ? std::to_chars(buffer, buffer + sizeof buffer, static_cast<float>(v))
                         : std::to_chars(buffer, buffer + sizeof buffer, v);
    out.append(buffer, end);
}
}  // namespace text_detail

std::string join(const std::vector<std::string>& parts, std::string_view separator) {
    std::string out;
    for (size_t i = 0; i < parts.size(); ++i) {
        if (i) out.append(separator);
        out.append(parts[i]);
    }
    return out;
}

std::vector<std::string> split(std::string_view text, char separator) {
    std::vector<std::string> parts;
    size_t begin = 0;
    while (true) {
        size_t end = text.find(separator, begin);
        parts.emplace_back(text.substr(begin, end - begin));
        if (end == std::string_view::npos) return parts;
        begin = end + 1;
    }
}

std::string_view trim(std::string_view text) {
    const char* blanks = " \t\r\n";
    size_t begin = text.find_first_not_of(blanks);
    if (begin == std::string_view::npos) return {};
    return text.substr(begin, text.find_last_not_of(blanks) - begin + 1);
}

static size_t editDistance(std::string_view a, std::string_view b) {
    std::vector<size_t> row(b.size() + 1);
    for (size_t j = 0; j <= b.size(); ++j) row[j] = j;
    for (size_t i = 1; i <= a.size(); ++i) {
        size_t diagonal = row[0];
        row[0] = i;
        for (size_t j = 1; j <= b.size(); ++j) {
            size_t above = row[j];
            row[j] = std::min({row[j] + 1, row[j - 1] + 1, diagonal + (a[i - 1] != b[j - 1])});
            diagonal = above;
        }
    }
    return row[b.size()];
}

std::string nearest(std::string_view word, const std::vector<std::string>& candidates) {
    std::string best;
    size_t bestDistance = std::max<size_t>(2, word.size() / 2) + 1;
    for (const auto& c : candidates) {
        if (c.size() > 4096) continue;
        size_t d = editDistance(word, c);
        if (d < bestDistance) bestDistance = d, best = c;
    }
    return best;
}

std::string humanBytes(uint64_t bytes) {
    static const char* const units[] = {"B", "KiB", "MiB", "GiB", "TiB"};
    double v = static_cast<double>(bytes);
    int unit = 0;
    while (v >= 1024 && unit < 4) v /= 1024, ++unit;
    if (unit) v = std::round(v * 10) / 10;
    return cat(static_cast<float>(v), " ", units[unit]);
}

}  // namespace bireme
