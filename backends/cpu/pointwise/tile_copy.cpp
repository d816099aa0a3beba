// SPDX-License-Identifier: Apache-2.0
#include "backends/cpu/pointwise/tile_copy.h"

#include "backends/cpu/support/by_type.h"

#include <cstring>

namespace bireme::cpu {

bool isDense(const std::vector<int64_t>& loops, const std::vector<int64_t>& strides, size_t split) {
    int64_t step = 1;
    for (size_t d = loops.size(); d-- > split; step *= loops[d])
        if (strides[d] != step) return false;
    return true;
}

namespace {

template <typename T>
T* gatherRun(T* to, const T* from, int64_t n, int64_t step) {
    if (step == 1) {
        std::memcpy(to, from, static_cast<size_t>(n) * sizeof(T));
    } else if (step == 0) {
        T v = *from;
        for (int64_t i = 0; i < n; ++i) to[i] = v;
    } else {
        for (int64_t i = 0; i < n; ++i) to[i] = from[i * step];
    }
    return to + n;
}

template <typename T>
T* gather(T* to, const T* from, int64_t count, const std::vector<int64_t>& loops,
          const std::vector<int64_t>& strides, size_t d) {
    if (d + 1 == loops.size()) return gatherRun(to, from, count, strides[d]);
    for (int64_t i = 0; i < count; ++i)
        to = gather(to, from + i * strides[d], loops[d + 1], loops, strides, d + 1);
    return to;
}

template <typename T>
const T* scatter(T* to, const T* from, int64_t count, const std::vector<int64_t>& loops,
                 const std::vector<int64_t>& strides, size_t d) {
    if (d + 1 == loops.size()) {
        if (strides[d] == 1)
            std::memcpy(to, from, static_cast<size_t>(count) * sizeof(T));
        else
            for (int64_t i = 0; i < count; ++i) to[i * strides[d]] = from[i];
        return from + count;
    }
    for (int64_t i = 0; i < count; ++i)
        from = scatter(to + i * strides[d], from, loops[d + 1], loops, strides, d + 1);
    return from;
}

// Calls f(element in memory, element of the tile) for each of a tile.
template <typename F>
void eachElement(int64_t at, int64_t& element, int64_t count, const std::vector<int64_t>& loops,
                 const std::vector<int64_t>& strides, size_t d, F&& f) {
    for (int64_t i = 0; i < count; ++i) {
        if (d + 1 == loops.size())
            f(at + i * strides[d], element++);
        else
            eachElement(at + i * strides[d], element, loops[d + 1], loops, strides, d + 1, f);
    }
}

void copyCode(char* target, int64_t to, const char* source, int64_t from, int bits) {
    const int64_t each = 8 / bits;
    const int mask = (1 << bits) - 1, code = source[from / each] >> (from % each * bits) & mask;
    const auto shift = static_cast<int>(to % each * bits);
    char& byte = target[to / each];
    byte = static_cast<char>((byte & ~(mask << shift)) | code << shift);
}

}  // namespace

void gatherTile(char* tile, const char* source, size_t size, int64_t rows,
                const std::vector<int64_t>& loops, const std::vector<int64_t>& strides,
                size_t split) noexcept {
    bySize(size, [&](auto t) {
        using T = decltype(t);
        gather(reinterpret_cast<T*>(tile), reinterpret_cast<const T*>(source), rows, loops, strides,
               split);
    });
}

void scatterTile(char* target, const char* tile, size_t size, int64_t rows,
                 const std::vector<int64_t>& loops, const std::vector<int64_t>& strides,
                 size_t split) noexcept {
    bySize(size, [&](auto t) {
        using T = decltype(t);
        scatter(reinterpret_cast<T*>(target), reinterpret_cast<const T*>(tile), rows, loops,
                strides, split);
    });
}

void gatherPacked(char* tile, const char* source, int64_t at, int bits, int64_t rows,
                  const std::vector<int64_t>& loops, const std::vector<int64_t>& strides,
                  size_t split) noexcept {
    int64_t element = 0;
    eachElement(at, element, rows, loops, strides, split,
                [&](int64_t from, int64_t to) { copyCode(tile, to, source, from, bits); });
}

void scatterPacked(char* target, int64_t at, const char* tile, int bits, int64_t rows,
                   const std::vector<int64_t>& loops, const std::vector<int64_t>& strides,
                   size_t split) noexcept {
    int64_t element = 0;
    eachElement(at, element, rows, loops, strides, split,
                [&](int64_t to, int64_t from) { copyCode(target, to, tile, from, bits); });
}

void fillTile(char* tile, const void* element, size_t size, int64_t count) noexcept {
    bySize(size, [&](auto t) {
        std::memcpy(&t, element, sizeof t);
        auto* p = reinterpret_cast<decltype(t)*>(tile);
        for (int64_t i = 0; i < count; ++i) p[i] = t;
    });
}

}  // namespace bireme::cpu
