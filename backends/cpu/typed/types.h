// SPDX-License-Identifier: Apache-2.0
// Types that loops are compiled for. Operands of other types are converted around them.
#pragma once

#include "tensor/dtype.h"

#include <cstdint>

namespace bireme::cpu {

// f32 and f64: for ops on real numbers. Smaller ones are widened to f32.
struct Reals {
    static DataType of(DataType stored) {
        return stored == DataType::kDOUBLE ? DataType::kDOUBLE : DataType::kFLOAT;
    }
    template <typename F>
    static void visit(DataType type, F&& f) {
        if (type == DataType::kDOUBLE)
            f(double{});
        else
            f(float{});
    }
};

// And i64, to which all integers and bool are widened.
struct Numbers {
    static DataType of(DataType stored) {
        return isReal(stored) ? Reals::of(stored) : DataType::kINT64;
    }
    template <typename F>
    static void visit(DataType type, F&& f) {
        if (type == DataType::kINT64)
            f(int64_t{});
        else
            Reals::visit(type, f);
    }
};

// And every integer of a byte and more as it is.
struct Natives {
    static DataType of(DataType stored) {
        return isReal(stored) || bits(stored) < 8 ? Numbers::of(stored) : stored;
    }
    template <typename F>
    static void visit(DataType type, F&& f) {
        switch (type) {
            case DataType::kINT8: return f(int8_t{});
            case DataType::kBOOL:
            case DataType::kUINT8: return f(uint8_t{});
            case DataType::kINT16: return f(int16_t{});
            case DataType::kUINT16: return f(uint16_t{});
            case DataType::kINT32: return f(int32_t{});
            case DataType::kUINT32: return f(uint32_t{});
            case DataType::kUINT64: return f(uint64_t{});
            default: return Numbers::visit(type, f);
        }
    }
};

}  // namespace bireme::cpu
