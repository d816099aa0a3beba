// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "base/bytes.h"

#include <cstdint>
#include <vector>

namespace bireme::cpu {

// Short lists in a kernel's own record of itself.
void putInts(ByteWriter& out, const std::vector<int64_t>& values);
std::vector<int64_t> getInts(ByteReader& in);
inline void putInt(ByteWriter& out, int64_t v) {
    out.varint((static_cast<uint64_t>(v) << 1) ^ static_cast<uint64_t>(v >> 63));
}
inline int64_t getInt(ByteReader& in) {
    uint64_t v = in.varint();
    return static_cast<int64_t>(v >> 1) ^ -static_cast<int64_t>(v & 1);
}

}  // namespace bireme::cpu
