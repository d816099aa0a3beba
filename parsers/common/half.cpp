// SPDX-License-Identifier: Apache-2.0
#include "parsers/common/half.h"

#include <algorithm>
#include <cmath>

namespace bireme::parsers {

float floatOfHalf(uint16_t bits) {
    const int exponent = (bits >> 10) & 31;
    const auto mantissa = static_cast<float>(bits & 1023);
    float value = 0;
    if (exponent == 0)
        value = std::ldexp(mantissa, -24);
    else if (exponent < 31)
        value = std::ldexp(mantissa + 1024, exponent - 25);
    else
        value = (bits & 1023) != 0 ? NAN : INFINITY;
    return (bits & 0x8000) != 0 ? -value : value;
}

uint16_t halfOfFloat(float value) {
    const auto sign = static_cast<uint16_t>(std::signbit(value) ? 0x8000 : 0);
    if (std::isnan(value)) return static_cast<uint16_t>(sign | 0x7e00);
    const float rounded = std::fabs(roundedToHalf(value));
    if (std::isinf(rounded)) return static_cast<uint16_t>(sign | 0x7c00);
    int exponent = 0;
    const float fraction = std::frexp(rounded, &exponent);  // in [0.5, 1)
    if (rounded < std::ldexp(1.0F, -14))
        return static_cast<uint16_t>(sign | static_cast<int>(std::ldexp(rounded, 24)));
    const int mantissa = static_cast<int>(std::ldexp(fraction, 11)) - 1024;
    return static_cast<uint16_t>(sign | (exponent + 14) << 10 | mantissa);
}

float roundedToHalf(float value) {
    if (!std::isfinite(value) || value == 0) return value;
    int exponent = 0;
    std::frexp(value, &exponent);
    const int last = std::max(exponent - 11, -24);  // weight of the last bit kept
    const float rounded = std::ldexp(std::nearbyint(std::ldexp(value, -last)), last);
    return std::fabs(rounded) > 65504 ? std::copysign(INFINITY, value) : rounded;
}

}  // namespace bireme::parsers
