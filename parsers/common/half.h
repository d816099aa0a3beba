// SPDX-License-Identifier: Apache-2.0
// 16-bit IEEE numbers.
#pragma once

#include <cstdint>

namespace bireme::parsers {

float floatOfHalf(uint16_t bits);
uint16_t halfOfFloat(float value);
/// The nearest value that half precision has; infinite beyond its range.
float roundedToHalf(float value);

}  // namespace bireme::parsers
