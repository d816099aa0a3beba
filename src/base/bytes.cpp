// SPDX-License-Identifier: Apache-2.0
#include "base/bytes.h"

#include "base/status.h"
#include "base/text.h"

namespace bireme {

void ByteWriter::varint(uint64_t v) {
    while (v >= 0x80) {
        bytes_.push_back(static_cast<uint8_t>(v | 0x80));
        v >>= 7;
    }
    bytes_.push_back(static_cast<uint8_t>(v));
}

const uint8_t* ByteReader::raw(size_t size) {
    if (size > left()) corrupt(cat("needs ", size, " bytes, ", left(), " are left"));
    const uint8_t* p = p_ + at_;
    at_ += size;
    return p;
}

uint64_t ByteReader::varint() {
    uint64_t v = 0;
    for (int shift = 0; shift < 64; shift += 7) {
        uint8_t b = *raw(1);
        v |= static_cast<uint64_t>(b & 0x7f) << shift;
        if (!(b & 0x80)) return v;
    }
    corrupt("number longer than 64 bits");
}

size_t ByteReader::count(size_t minBytesEach) {
    uint64_t n = varint();
    if (n > left() / (minBytesEach ? minBytesEach : 1))
        corrupt(cat("count ", n, " does not fit into what is left"));
    return static_cast<size_t>(n);
}

std::string ByteReader::string() {
    size_t n = count();
    return std::string(reinterpret_cast<const char*>(raw(n)), n);
}

void ByteReader::corrupt(const std::string& why) const {
    fail(ErrorCode::kINVALID_ARGUMENT, cat(what_, " is damaged at byte ", at_, ": ", why));
}

}  // namespace bireme
