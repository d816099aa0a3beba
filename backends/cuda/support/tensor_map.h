// SPDX-License-Identifier: Apache-2.0
// How the copy engine of compute capability 9.0 finds 16-bit operands in memory, 64 elements (128
// bytes) of each row at a time, laid out for products of a warpgroup.
#pragma once

#include "backends/cuda/driver/api.h"
#include "ops/support/sliding_window.h"

#include <cstdint>

namespace bireme::cuda {

constexpr int kMapDepth = 64;

// A matrix of [rows, columns], `box` rows at a time; zeros behind its ends.
Status describeMatrix(CUtensorMap& map, CUtensorMapDataType type, const void* at, int64_t rows,
                      int64_t columns, int box) noexcept;

// Images channels-last under windows. A row is one window's place in each image, and steps follow
// its pixels; `box` windows at a time, zeros around the images.
struct WindowMap {
    int64_t images = 0, channels = 0;
    ops::WindowGrid grid{{}};
};
Status describeWindows(CUtensorMap& map, CUtensorMapDataType type, const void* at,
                       const WindowMap& windows, int box) noexcept;

}  // namespace bireme::cuda
