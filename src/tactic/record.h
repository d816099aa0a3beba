// SPDX-License-Identifier: Apache-2.0
// Short lists and attribute structs in a kernel's own record of itself.
#pragma once

#include "base/bytes.h"
#include "ir/attributes.h"

#include <cstdint>
#include <vector>

namespace bireme::tactic {

inline void putInt(ByteWriter& out, int64_t v) {
    out.varint((static_cast<uint64_t>(v) << 1) ^ static_cast<uint64_t>(v >> 63));
}
inline int64_t getInt(ByteReader& in) {
    uint64_t v = in.varint();
    return static_cast<int64_t>(v >> 1) ^ -static_cast<int64_t>(v & 1);
}
template <typename Int = int64_t>
void putInts(ByteWriter& out, const std::vector<Int>& values) {
    out.varint(values.size());
    for (Int v : values) putInt(out, static_cast<int64_t>(v));
}
inline std::vector<int64_t> getInts(ByteReader& in) {
    std::vector<int64_t> values(in.count());
    for (auto& v : values) v = getInt(in);
    return values;
}

// An op's attributes, by their field tags; read into an op of the same declaration.
inline void putAttributes(ByteWriter& out, const ir::Op& op) {
    auto bytes = ir::attributeBytes(op);
    out.varint(bytes.size());
    out.raw(bytes.data(), bytes.size());
}
inline void getAttributes(ByteReader& in, ir::Op& op) {
    ByteReader part = in.sub(in.count());
    ir::readAttributes(op, part);
}
template <typename T>
void putAttributes(ByteWriter& out, const T& attributes) {
    putAttributes(out, ir::Op::of(attributes));
}
template <typename T>
T getAttributes(ByteReader& in) {
    ir::Op op = ir::Op::of(T());
    getAttributes(in, op);
    return *op.as<T>();
}

}  // namespace bireme::tactic
