// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <bit>
#include <cstdint>

namespace bireme {

// IEEE 754 binary16, storage with conversions (round to nearest even). A NaN stays one.
struct Half {
    uint16_t bits = 0;
    Half() = default;
    explicit Half(float f);
    explicit operator float() const;
};

// bfloat16: the upper half of a float, rounded to nearest even.
struct BFloat16 {
    uint16_t bits = 0;
    BFloat16() = default;
    explicit BFloat16(float f) {
        uint32_t u = std::bit_cast<uint32_t>(f);
        if ((u & 0x7fffffff) > 0x7f800000)
            bits = static_cast<uint16_t>((u >> 16) | 0x40);
        else
            bits = static_cast<uint16_t>((u + 0x7fff + ((u >> 16) & 1)) >> 16);
    }
    explicit operator float() const {
        return std::bit_cast<float>(static_cast<uint32_t>(bits) << 16);
    }
};

namespace half_bits {

constexpr uint32_t kExponents = 112u << 23;       // a float's bias less a half's
constexpr uint32_t kSmallestNormal = 113u << 23;  // 2^-14
constexpr uint32_t kTooLarge = 143u << 23;        // 2^16
constexpr uint32_t kInfinity = 255u << 23;

}  // namespace half_bits

// Whole arrays are converted by these: no call, no table, selections that vectorise.
inline Half::Half(float f) {
    using namespace half_bits;
    const uint32_t u = std::bit_cast<uint32_t>(f), a = u & 0x7fffffff;
    // Beside 1/2 the last place of a float is the smallest half: the sum rounds.
    const uint32_t small = std::bit_cast<uint32_t>(std::bit_cast<float>(a) + 0.5f) - (126u << 23);
    const uint32_t normal = (a + 0xfff + (a >> 13 & 1) - kExponents) >> 13;
    const uint32_t large = a > kInfinity ? 0x7e00 : 0x7c00;
    const uint32_t magnitude = a >= kTooLarge ? large : a < kSmallestNormal ? small : normal;
    bits = static_cast<uint16_t>((u >> 16 & 0x8000) | magnitude);
}

inline Half::operator float() const {
    using namespace half_bits;
    const uint32_t a = bits & 0x7fffu, sign = (bits & 0x8000u) << 16;
    const float small = static_cast<float>(static_cast<int32_t>(a)) * 0x1p-24f;
    const uint32_t normal = (a << 13) + (a >= 0x7c00 ? 2 * kExponents : kExponents);
    return std::bit_cast<float>((a < 0x400 ? std::bit_cast<uint32_t>(small) : normal) | sign);
}

}  // namespace bireme
