// SPDX-License-Identifier: Apache-2.0
// The arithmetic of quantisation on dense tiles.
#pragma once

#include <cstdint>

namespace bireme::cpu {

template <typename T>
struct AffineTile {
    const T *x, *scale, *zero;
    int64_t step;  // of scale and zero per element: 0 or 1
    T* y;          // may be x
    int64_t n;
};

void quantizeWhole(const AffineTile<float>& t);  // nearbyint(x / scale) + zero
// Those of the first as bytes, saturated, in `y` instead of t.y; a NaN becomes 0.
void quantizeBytes(const AffineTile<float>& t, uint8_t* y);
void quantizeBytes(const AffineTile<float>& t, int8_t* y);
void quantizeReal(const AffineTile<float>& t);    // x / scale + zero
void dequantizeTile(const AffineTile<float>& t);  // (x - zero) * scale
void dequantizeTile(const AffineTile<double>& t);

}  // namespace bireme::cpu
