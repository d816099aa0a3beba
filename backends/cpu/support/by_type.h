// SPDX-License-Identifier: Apache-2.0
// One instance of a loop for each width of elements, or for each type of numbers.
#pragma once

#include "bireme/types.h"

#include <cstddef>
#include <cstdint>

namespace bireme::cpu {

// f(T{}) with an unsigned integer of `size` bytes (1, 2, 4 or 8).
template <typename F>
void bySize(size_t size, F&& f) {
    switch (size) {
        case 1: return f(uint8_t{});
        case 2: return f(uint16_t{});
        case 4: return f(uint32_t{});
        default: return f(uint64_t{});
    }
}

// Does byNumber have an instance for the type?
inline bool isNumber(DataType t) {
    switch (t) {
        case DataType::kFLOAT:
        case DataType::kDOUBLE:
        case DataType::kINT8:
        case DataType::kINT16:
        case DataType::kINT32:
        case DataType::kINT64:
        case DataType::kBOOL:
        case DataType::kUINT8:
        case DataType::kUINT16:
        case DataType::kUINT32:
        case DataType::kUINT64: return true;
        default: return false;
    }
}

// f(T{}) with the number type that elements of `t` are; bool as uint8_t.
template <typename F>
void byNumber(DataType t, F&& f) {
    switch (t) {
        case DataType::kFLOAT: return f(float{});
        case DataType::kDOUBLE: return f(double{});
        case DataType::kINT8: return f(int8_t{});
        case DataType::kINT16: return f(int16_t{});
        case DataType::kINT32: return f(int32_t{});
        case DataType::kINT64: return f(int64_t{});
        case DataType::kUINT16: return f(uint16_t{});
        case DataType::kUINT32: return f(uint32_t{});
        case DataType::kUINT64: return f(uint64_t{});
        default: return f(uint8_t{});
    }
}

// f(T{}) with the type of indices: int32_t or int64_t.
template <typename F>
void byIndex(DataType t, F&& f) {
    if (t == DataType::kINT32)
        f(int32_t{});
    else
        f(int64_t{});
}
inline bool isIndex(DataType t) { return t == DataType::kINT32 || t == DataType::kINT64; }

}  // namespace bireme::cpu
