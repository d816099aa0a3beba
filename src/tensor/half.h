// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <bit>
#include <cstdint>

namespace bireme {

// IEEE 754 binary16, storage with conversions (round to nearest even).
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

}  // namespace bireme
