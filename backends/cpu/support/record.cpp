// SPDX-License-Identifier: Apache-2.0
#include "backends/cpu/support/record.h"

namespace bireme::cpu {

void putInts(ByteWriter& out, const std::vector<int64_t>& values) {
    out.varint(values.size());
    for (int64_t v : values) putInt(out, v);
}

std::vector<int64_t> getInts(ByteReader& in) {
    std::vector<int64_t> values(in.count());
    for (int64_t& v : values) v = getInt(in);
    return values;
}

}  // namespace bireme::cpu
