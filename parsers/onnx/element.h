// SPDX-License-Identifier: Apache-2.0
// Element types: sizes, names, and single elements as numbers.
#pragma once

#include <cstddef>

#include "bireme/types.h"
#include "parsers/onnx/proto.h"

namespace bireme::onnx_import {

int elementBits(ElementType type);
int elementBits(DataType type);

/// Throws Refusal for types of less than 8 bits.
double loadReal(const void* values, DataType type, size_t index);
int64_t loadInteger(const void* values, DataType type, size_t index);
void storeElement(void* values, DataType type, size_t index, double value);

}  // namespace bireme::onnx_import
