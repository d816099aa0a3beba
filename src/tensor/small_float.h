// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "bireme/types.h"

#include <cstdint>

namespace bireme {

// What becomes of a number that the target cannot hold.
enum class Overflow : uint8_t {
    saturate,  // the nearest number that it holds
    discard,   // small floats: infinity, or NaN where there is none; integers: the high bits
};

// Floats of at most a byte: bits beside the sign, and what the last codes mean.
struct SmallFloat {
    enum class Special : uint8_t {
        infinities,  // IEEE: infinities and NaN
        nan,         // all ones is NaN, no infinities
        fnuz,        // minus zero is NaN, no infinities
        none,
    };
    DataType type;
    int bits;  // with the sign
    int mantissa;
    int bias;
    float largest;
    Special special;
};

// The format of FP8 (E4M3FN), FP8_E5M2, their FNUZ variants and FP4 (E2M1); null for any other
// type.
const SmallFloat* smallFloat(DataType type);

// Rounds to nearest even. NaN to a type without one is minus zero, as ml_dtypes has it.
uint8_t encode(const SmallFloat& format, float value, Overflow overflow);
float decode(const SmallFloat& format, uint8_t code);

// E8M0: a power of two without sign, 2^-127 to 2^127 and NaN. Rounds up. Saturating: 0 is 2^-127
// and infinity 2^127; else what is out of range, 0 and infinity are NaN. Negative numbers are NaN.
uint8_t encodeE8M0(float value, Overflow overflow);
float decodeE8M0(uint8_t code);

}  // namespace bireme
