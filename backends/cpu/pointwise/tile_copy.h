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
// `count` copies of one element.
void fillTile(char* tile, const void* element, size_t size, int64_t count) noexcept;

}  // namespace bireme::cpu
