// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

namespace bireme {

struct Hash128 {
    uint64_t low = 0, high = 0;
    bool operator==(const Hash128&) const = default;
    bool operator<(const Hash128& o) const { return high != o.high ? high < o.high : low < o.low; }
    std::string hex() const;  // 32 digits
};

Hash128 hash128(const void* data, size_t size);  // XXH3, 128 bits
inline Hash128 hash128(std::string_view s) { return hash128(s.data(), s.size()); }
uint64_t hash64(const void* data, size_t size);  // XXH3, 64 bits

}  // namespace bireme
