// SPDX-License-Identifier: Apache-2.0
#include "tensor/dtype.h"

#include "base/status.h"
#include "base/text.h"

namespace nvinfer1 {

bireme::EnumNames enumNames(DataType) {
    static const bireme::EnumName names[] = {
#define DTYPE(value, text, bits, cls, pub) {static_cast<int64_t>(DataType::value), #text},
#include "tensor/dtype.def"
#undef DTYPE
    };
    return names;
}

}  // namespace nvinfer1

namespace bireme {

namespace {
struct Row {
    DataType type;
    const char* name;
    int bits;
    DataClass cls;
    const char* publicName;
};
constexpr Row kRows[] = {
#define DTYPE(value, text, bits, cls, pub) {DataType::value, #text, bits, DataClass::cls, pub},
#include "tensor/dtype.def"
#undef DTYPE
};

const Row* find(DataType type) {
    for (const auto& r : kRows)
        if (r.type == type) return &r;
    return nullptr;
}

const Row& row(DataType type) {
    const Row* r = find(type);
    if (!r) failInvalid(cat("unknown data type ", static_cast<int64_t>(type)));
    return *r;
}
}  // namespace

const char* name(DataType type) { return row(type).name; }
const char* publicName(DataType type) { return row(type).publicName; }
int bits(DataType type) { return row(type).bits; }
DataClass classOf(DataType type) { return row(type).cls; }
bool isKnown(DataType type) { return find(type) != nullptr; }

}  // namespace bireme
