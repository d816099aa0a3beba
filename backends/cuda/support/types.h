// SPDX-License-Identifier: Apache-2.0
// Element types in kernel texts (backends/cuda/cu/common.cuh).
#pragma once

#include "tensor/dtype.h"

namespace bireme::cuda {

// "f16"; null for types that generated kernels do not take (4-bit integers, FP8).
const char* typeText(DataType t);
// What registers hold for it: "float", "double" or "i64".
const char* registerText(DataType t);
inline bool isSmallReal(DataType t) { return t == DataType::kHALF || t == DataType::kBF16; }
// f32, f16, bf16: what is computed in float.
inline bool isFloat(DataType t) { return t == DataType::kFLOAT || isSmallReal(t); }

}  // namespace bireme::cuda
