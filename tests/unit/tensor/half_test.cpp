// SPDX-License-Identifier: Apache-2.0
#include "tensor/half.h"

#include <gtest/gtest.h>
#include <cmath>
#include <limits>

namespace bireme {
namespace {

Half fromBits(uint32_t bits) {
    Half h;
    h.bits = static_cast<uint16_t>(bits);
    return h;
}

// The definition of binary16.
float meant(uint32_t bits) {
    const int e = static_cast<int>(bits >> 10 & 31), m = static_cast<int>(bits & 1023);
    const float magnitude = e == 0 ? std::ldexp(static_cast<float>(m), -24)
                                   : std::ldexp(static_cast<float>(m + 1024), e - 25);
    return bits & 0x8000 ? -magnitude : magnitude;
}

TEST(Half, EveryValueIsWhatItsBitsSay) {
    for (uint32_t bits = 0; bits < 0x10000; ++bits) {
        if ((bits & 0x7c00) == 0x7c00) continue;
        ASSERT_EQ(static_cast<float>(fromBits(bits)), meant(bits)) << bits;
        ASSERT_EQ(Half(meant(bits)).bits, bits);
    }
}

TEST(Half, RoundsToTheNearestAndTiesToEven) {
    for (uint32_t sign : {0u, 0x8000u})
        for (uint32_t low = 0; low < 0x7bff; ++low) {
            const float a = meant(sign | low), b = meant(sign | (low + 1));
            const float middle = (a + b) / 2;  // exact: a float has more places
            ASSERT_EQ(Half(middle).bits, sign | (low + (low & 1)));
            ASSERT_EQ(Half(std::nextafter(middle, a)).bits, sign | low);
            ASSERT_EQ(Half(std::nextafter(middle, b)).bits, sign | (low + 1));
        }
}

TEST(Half, WhatIsTooLargeIsInfinite) {
    const float infinity = std::numeric_limits<float>::infinity();
    EXPECT_EQ(Half(65519.99f).bits, 0x7bff);
    for (float f : {65520.f, 65536.f, 1e30f, infinity}) {
        EXPECT_EQ(Half(f).bits, 0x7c00) << f;
        EXPECT_EQ(Half(-f).bits, 0xfc00) << f;
    }
    EXPECT_EQ(static_cast<float>(fromBits(0x7c00)), infinity);
    EXPECT_EQ(static_cast<float>(fromBits(0xfc00)), -infinity);
    EXPECT_EQ(Half(std::numeric_limits<float>::denorm_min()).bits, 0);
}

TEST(Half, NaNStaysNaN) {
    for (uint32_t bits = 0x7c01; bits < 0x8000; ++bits)
        ASSERT_TRUE(std::isnan(static_cast<float>(fromBits(bits))));
    EXPECT_EQ(Half(std::numeric_limits<float>::quiet_NaN()).bits & 0x7fff, 0x7e00);
    EXPECT_EQ(Half(std::numeric_limits<float>::signaling_NaN()).bits & 0x7fff, 0x7e00);
}

}  // namespace
}  // namespace bireme
