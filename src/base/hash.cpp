// SPDX-License-Identifier: Apache-2.0
#define XXH_INLINE_ALL
#include "base/hash.h"

#include <xxhash.h>

namespace bireme {

std::string Hash128::hex() const {
    static const char digits[] = "0123456789abcdef";
    std::string s(32, '0');
    for (int i = 0; i < 16; ++i) {
        s[15 - i] = digits[(high >> (4 * i)) & 15];
        s[31 - i] = digits[(low >> (4 * i)) & 15];
    }
    return s;
}

Hash128 hash128(const void* data, size_t size) {
    XXH128_hash_t h = XXH3_128bits(data, size);
    return {h.low64, h.high64};
}

uint64_t hash64(const void* data, size_t size) { return XXH3_64bits(data, size); }

}  // namespace bireme
