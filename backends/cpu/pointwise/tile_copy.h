// SPDX-License-Identifier: Apache-2.0
// Moves between a dense tile buffer and a tile of strided memory. A tile is `rows` steps of loop
// `split` and all loops inside of it.
#pragma once

#include <cstddef>
#include <cstdint>
#include <vector>

namespace bireme::cpu {

// Whether loops from `split` inwards walk one run of memory.
bool isDense(const std::vector<int64_t>& loops, const std::vector<int64_t>& strides, size_t split);

void gatherTile(char* tile, const char* source, size_t size, int64_t rows,
                const std::vector<int64_t>& loops, const std::vector<int64_t>& strides,
                size_t split) noexcept;
void scatterTile(char* target, const char* tile, size_t size, int64_t rows,
                 const std::vector<int64_t>& loops, const std::vector<int64_t>& strides,
                 size_t split) noexcept;
// The same for elements of `bits` (2 or 4) bits, the first of a byte in its lowest ones; `at` is
// that of the tile's first element in memory, the tile itself begins with a byte.
void gatherPacked(char* tile, const char* source, int64_t at, int bits, int64_t rows,
                  const std::vector<int64_t>& loops, const std::vector<int64_t>& strides,
                  size_t split) noexcept;
void scatterPacked(char* target, int64_t at, const char* tile, int bits, int64_t rows,
                   const std::vector<int64_t>& loops, const std::vector<int64_t>& strides,
                   size_t split) noexcept;
// `count` copies of one element.
void fillTile(char* tile, const void* element, size_t size, int64_t count) noexcept;

}  // namespace bireme::cpu
