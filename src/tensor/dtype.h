// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "base/fields.h"
#include "bireme/types.h"

#include <cstddef>
#include <cstdint>
#include <string>

namespace nvinfer1 {
bireme::EnumNames enumNames(DataType);
}

namespace bireme {

enum class DataClass : uint8_t { real, integer, boolean };

const char* name(DataType type);        // "f32"
const char* publicName(DataType type);  // "FP32"
int bits(DataType type);
DataClass classOf(DataType type);
bool isKnown(DataType type);
inline bool isReal(DataType t) { return classOf(t) == DataClass::real; }
inline bool isInteger(DataType t) { return classOf(t) == DataClass::integer; }

// Bytes of `elements` elements stored densely (types below a byte are packed, the first in the
// lowest bits).
inline size_t bytesFor(DataType type, int64_t elements) {
    return (static_cast<size_t>(elements) * static_cast<size_t>(bits(type)) + 7) / 8;
}

}  // namespace bireme
