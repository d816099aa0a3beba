// SPDX-License-Identifier: Apache-2.0
#include "tensor/half.h"

#include <cmath>
#include <limits>

namespace bireme {

// Smallest-exponent-aware rounding of a finite |f| to a grid of `mantissa` bits with minimum
// exponent `minExp`.
static float roundToGrid(float f, int mantissa, int minExp) {
    int e;
    std::frexp(f, &e);
    int exponent = e - 1 < minExp ? minExp : e - 1;
    float step = std::ldexp(1.0f, exponent - mantissa);
    return std::nearbyint(f / step) * step;
}

// Encodes a magnitude that lies on the grid already.
static uint32_t encode(float f, int mantissa, int minExp, int bias) {
    if (f == 0) return 0;
    int e;
    std::frexp(f, &e);
    e -= 1;
    if (e < minExp) return static_cast<uint32_t>(std::ldexp(f, mantissa - minExp));
    auto m = static_cast<uint32_t>(std::ldexp(f, mantissa - e));
    return (static_cast<uint32_t>(e + bias) << mantissa) + (m - (1u << mantissa));
}

static float decode(uint32_t u, int mantissa, int minExp, int bias) {
    uint32_t e = u >> mantissa, m = u & ((1u << mantissa) - 1);
    if (e == 0) return std::ldexp(static_cast<float>(m), minExp - mantissa);
    return std::ldexp(static_cast<float>(m + (1u << mantissa)),
                      static_cast<int>(e) - bias - mantissa);
}

Half::Half(float f) {
    uint16_t sign = std::signbit(f) ? 0x8000 : 0;
    float a = std::fabs(f);
    if (std::isnan(f))
        bits = sign | 0x7e00;
    else if (std::isinf(f) || (a = roundToGrid(a, 10, -14)) > 65504.0f)
        bits = sign | 0x7c00;
    else
        bits = static_cast<uint16_t>(sign | encode(a, 10, -14, 15));
}

Half::operator float() const {
    float sign = bits & 0x8000 ? -1.0f : 1.0f;
    uint32_t u = bits & 0x7fff;
    if (u == 0x7c00) return sign * std::numeric_limits<float>::infinity();
    if (u > 0x7c00) return std::numeric_limits<float>::quiet_NaN();
    return sign * decode(u, 10, -14, 15);
}

}  // namespace bireme
