// SPDX-License-Identifier: Apache-2.0
// Elements as unsigned numbers in the same order: NaNs are equal and above all, both zeros are
// equal. Sorting such keys needs no comparison that knows the type.
#pragma once

#include "bireme/types.h"

#include <bit>
#include <cstdint>
#include <type_traits>

namespace bireme::cpu {

namespace sort_key_detail {
// Floats of any width from their bits: `exponent` has the exponent's bits set.
template <typename U>
U ofFloat(U bits, U exponent) {
    constexpr U sign = static_cast<U>(U(1) << (sizeof(U) * 8 - 1));
    const U size = static_cast<U>(bits & static_cast<U>(~sign));
    if (size > exponent) return static_cast<U>(~U(0));
    return bits & sign ? static_cast<U>(sign - size) : static_cast<U>(sign + size);
}
}  // namespace sort_key_detail

struct HalfBits {
    uint16_t bits;
};
struct BFloatBits {
    uint16_t bits;
};

inline uint64_t sortKey(float x) {
    return sort_key_detail::ofFloat(std::bit_cast<uint32_t>(x), uint32_t(0x7f800000));
}
inline uint64_t sortKey(double x) {
    return sort_key_detail::ofFloat(std::bit_cast<uint64_t>(x), uint64_t(0x7ff) << 52);
}
inline uint64_t sortKey(HalfBits x) { return sort_key_detail::ofFloat(x.bits, uint16_t(0x7c00)); }
inline uint64_t sortKey(BFloatBits x) { return sort_key_detail::ofFloat(x.bits, uint16_t(0x7f80)); }
template <typename T>
requires std::is_integral_v<T> uint64_t sortKey(T x) {
    using U = std::make_unsigned_t<T>;
    constexpr U low = std::is_signed_v<T> ? static_cast<U>(U(1) << (sizeof(T) * 8 - 1)) : U(0);
    return static_cast<U>(static_cast<U>(x) ^ low);
}

inline bool hasSortKey(DataType t) {
    switch (t) {
        case DataType::kFP8:
        case DataType::kFP8_E5M2:
        case DataType::kFP8_FNUZ:
        case DataType::kFP8_E5M2_FNUZ:
        case DataType::kE8M0:
        case DataType::kFP4:
        case DataType::kINT4:
        case DataType::kUINT4:
        case DataType::kINT2:
        case DataType::kUINT2: return false;
        default: return true;
    }
}

// f(T{}) with a type that has a sortKey and lies in memory as elements of `t` do.
template <typename F>
void bySortKey(DataType t, F&& f) {
    switch (t) {
        case DataType::kFLOAT: return f(float{});
        case DataType::kDOUBLE: return f(double{});
        case DataType::kHALF: return f(HalfBits{});
        case DataType::kBF16: return f(BFloatBits{});
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

}  // namespace bireme::cpu
