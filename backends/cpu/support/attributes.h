// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "base/bytes.h"
#include "ir/attributes.h"

namespace bireme::cpu {

// An op's attribute struct in a kernel's record of itself, by its field tags.
template <typename T>
void putAttributes(ByteWriter& out, const T& attributes) {
    auto bytes = ir::attributeBytes(ir::Op::of(attributes));
    out.varint(bytes.size());
    out.raw(bytes.data(), bytes.size());
}

template <typename T>
T getAttributes(ByteReader& in) {
    ir::Op op = ir::Op::of(T());
    ByteReader part = in.sub(in.count());
    ir::readAttributes(op, part);
    return *op.as<T>();
}

}  // namespace bireme::cpu
