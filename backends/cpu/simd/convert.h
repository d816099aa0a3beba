// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "tensor/small_float.h"

#include <cstdint>

namespace bireme::cpu {

// As convertElements, by loops for this machine: the same results for every pair of types. Source
// and target are dense and do not overlap; types below a byte are packed.
void convertTile(DataType from, const void* source, DataType to, void* target, int64_t count,
                 Overflow overflow = Overflow::saturate) noexcept;
// The same on all threads.
void convertDense(DataType from, const void* source, DataType to, void* target,
                  int64_t count) noexcept;

// One loop for a pair of types; null where there is none (pairs of small types go through f32).
using ConvertFunction = void (*)(const void* source, void* target, int64_t count);
ConvertFunction convertFunction(DataType from, DataType to);

}  // namespace bireme::cpu
