// SPDX-License-Identifier: Apache-2.0
#include "tensor/small_float.h"

#include <algorithm>
#include <cmath>
#include <limits>

namespace bireme {

namespace {

using Special = SmallFloat::Special;

constexpr SmallFloat kFormats[] = {
    {DataType::kFP8, 8, 3, 7, 448.0f, Special::nan},
    {DataType::kFP8_E5M2, 8, 2, 15, 57344.0f, Special::infinities},
    {DataType::kFP8_FNUZ, 8, 3, 8, 240.0f, Special::fnuz},
    {DataType::kFP8_E5M2_FNUZ, 8, 2, 16, 57344.0f, Special::fnuz},
    {DataType::kFP4, 4, 1, 1, 6.0f, Special::none},
};

constexpr uint32_t kNanE8M0 = 255;

// The nearest number with `mantissa` bits and exponents from `minExp`; value >= 0, finite.
float roundToGrid(float value, int mantissa, int minExp) {
    int e;
    std::frexp(value, &e);
    float step = std::ldexp(1.0f, std::max(e - 1, minExp) - mantissa);
    return std::nearbyint(value / step) * step;
}

}  // namespace

const SmallFloat* smallFloat(DataType type) {
    for (const SmallFloat& f : kFormats)
        if (f.type == type) return &f;
    return nullptr;
}

uint8_t encode(const SmallFloat& f, float value, Overflow overflow) {
    const uint32_t sign = std::signbit(value) ? 1u << (f.bits - 1) : 0;
    const uint32_t ones = (1u << (f.bits - 1)) - 1;
    const bool fnuz = f.special == Special::fnuz;
    const auto nan = [&]() -> uint8_t {
        if (fnuz) return 0x80;
        return static_cast<uint8_t>(f.special == Special::none ? 1u << (f.bits - 1) : sign | ones);
    };
    if (std::isnan(value)) return nan();
    const int minExp = 1 - f.bias;
    float a = std::fabs(value);
    if (std::isinf(a) || (a = roundToGrid(a, f.mantissa, minExp)) > f.largest) {
        if (overflow == Overflow::saturate || f.special == Special::none)
            a = f.largest;
        else if (f.special == Special::infinities)
            return static_cast<uint8_t>(sign | (ones >> f.mantissa << f.mantissa));
        else
            return nan();
    }
    if (a == 0) return static_cast<uint8_t>(fnuz ? 0 : sign);
    int e;
    std::frexp(a, &e);
    e = std::max(e - 1, minExp);
    // On the grid: an integer count of steps, whose leading bit carries into the exponent.
    auto steps = static_cast<uint32_t>(std::ldexp(a, f.mantissa - e));
    return static_cast<uint8_t>(sign | ((static_cast<uint32_t>(e - minExp) << f.mantissa) + steps));
}

float decode(const SmallFloat& f, uint8_t code) {
    const uint32_t ones = (1u << (f.bits - 1)) - 1, u = code & ones;
    const bool negative = (code >> (f.bits - 1) & 1) != 0;
    const uint32_t lastExponent = ones >> f.mantissa << f.mantissa;
    if (f.special == Special::fnuz && negative && u == 0)
        return std::numeric_limits<float>::quiet_NaN();
    if ((f.special == Special::nan && u == ones) ||
        (f.special == Special::infinities && u > lastExponent))
        return std::numeric_limits<float>::quiet_NaN();
    float a;
    if (f.special == Special::infinities && u == lastExponent)
        a = std::numeric_limits<float>::infinity();
    else {
        const int e = static_cast<int>(u >> f.mantissa), minExp = 1 - f.bias;
        uint32_t steps = u & ((1u << f.mantissa) - 1);
        if (e > 0) steps += 1u << f.mantissa;
        a = std::ldexp(static_cast<float>(steps), std::max(e - 1, 0) + minExp - f.mantissa);
    }
    return negative ? -a : a;
}

uint8_t encodeE8M0(float value, Overflow overflow) {
    if (std::isnan(value) || value < 0) return kNanE8M0;
    const bool saturate = overflow == Overflow::saturate;
    if (value < 0x1p-127f) return saturate ? 0 : kNanE8M0;
    if (value > 0x1p127f) return saturate ? kNanE8M0 - 1 : kNanE8M0;
    int e;
    float m = std::frexp(value, &e);  // in [1/2, 1): exactly 1/2 for a power of two
    return static_cast<uint8_t>(e + 126 + (m > 0.5f ? 1 : 0));
}

float decodeE8M0(uint8_t code) {
    if (code == kNanE8M0) return std::numeric_limits<float>::quiet_NaN();
    return std::ldexp(1.0f, static_cast<int>(code) - 127);
}

}  // namespace bireme
