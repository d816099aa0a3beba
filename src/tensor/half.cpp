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

Fp8E4M3::Fp8E4M3(float f) {
    uint8_t sign = std::signbit(f) ? 0x80 : 0;
    if (std::isnan(f))
        bits = sign | 0x7f;
    else {
        float a = std::isinf(f) ? 448.0f : roundToGrid(std::fabs(f), 3, -6);
        bits = static_cast<uint8_t>(sign | encode(a > 448.0f ? 448.0f : a, 3, -6, 7));
    }
}

Fp8E4M3::operator float() const {
    float sign = bits & 0x80 ? -1.0f : 1.0f;
    if ((bits & 0x7f) == 0x7f) return std::numeric_limits<float>::quiet_NaN();
    return sign * decode(bits & 0x7f, 3, -6, 7);
}

Fp8E5M2::Fp8E5M2(float f) {
    uint8_t sign = std::signbit(f) ? 0x80 : 0;
    if (std::isnan(f))
        bits = sign | 0x7f;
    else {
        float a = std::isinf(f) ? 57344.0f : roundToGrid(std::fabs(f), 2, -14);
        bits = static_cast<uint8_t>(sign | encode(a > 57344.0f ? 57344.0f : a, 2, -14, 15));
    }
}

Fp8E5M2::operator float() const {
    float sign = bits & 0x80 ? -1.0f : 1.0f;
    uint32_t u = bits & 0x7f;
    if (u == 0x7c) return sign * std::numeric_limits<float>::infinity();
    if (u > 0x7c) return std::numeric_limits<float>::quiet_NaN();
    return sign * decode(u, 2, -14, 15);
}

}  // namespace bireme
