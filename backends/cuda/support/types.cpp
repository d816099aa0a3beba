// SPDX-License-Identifier: Apache-2.0
#include "backends/cuda/support/types.h"

namespace bireme::cuda {

const char* typeText(DataType t) {
    switch (t) {
        case DataType::kFLOAT: return "f32";
        case DataType::kHALF: return "f16";
        case DataType::kBF16: return "bf16";
        case DataType::kDOUBLE: return "f64";
        case DataType::kBOOL: return "bool8";
        case DataType::kINT8: return "i8";
        case DataType::kUINT8: return "u8";
        case DataType::kINT16: return "i16";
        case DataType::kUINT16: return "u16";
        case DataType::kINT32: return "i32";
        case DataType::kUINT32: return "u32";
        case DataType::kINT64: return "i64";
        case DataType::kUINT64: return "u64";
        default: return nullptr;
    }
}

const char* registerText(DataType t) {
    if (isFloat(t)) return "float";
    return t == DataType::kDOUBLE ? "double" : "i64";
}

}  // namespace bireme::cuda
