// SPDX-License-Identifier: Apache-2.0
#include "parsers/onnx/random.h"

#include <cstring>

namespace bireme::onnx_import {

namespace {

/// Every value of the seed, mostly a real number, is a seed of its own; -1 without the attribute.
int64_t seedOf(const Node& n) {
    const AttributeProto* given = n.find("seed");
    if (given == nullptr) return -1;
    if (given->type == AttributeType::kInt) return given->i & 0xFFFFFFFF;  // Dropout's
    const float seed = n.real("seed", 0);
    uint32_t bits = 0;
    std::memcpy(&bits, &seed, sizeof bits);
    return bits;
}

}  // namespace

ITensor& drawn(Node& n, const Extents& shape, DataType type, const char* operation, float alpha,
               float beta) {
    OperatorAttributes attributes;
    attributes.add("operation", std::string(operation))
        .add("alpha", alpha)
        .add("beta", beta)
        .add("type", static_cast<int64_t>(type))
        .add("seed", seedOf(n));
    const bool known = Net::allKnown(shape);
    if (known) {
        const Dims dims = Net::known(shape);
        attributes.add("shape", std::vector<int64_t>(dims.d, dims.d + dims.nbDims));
    }
    return Net::out(
        n.net().op("fill", attributes, {known ? nullptr : &n.net().shapeTensor(shape)}));
}

}  // namespace bireme::onnx_import
