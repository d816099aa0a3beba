// SPDX-License-Identifier: Apache-2.0
#include "backends/cuda/support/pack.h"

#include "base/text.h"

#include <algorithm>
#include <cstring>

namespace bireme::cuda {

// [depth, window] as [window, row], by squares that the cache holds.
template <size_t size>
static void turn(const uint8_t* from, uint8_t* to, size_t depth, size_t window, size_t row) {
    constexpr size_t kSquare = 32;
    for (size_t c0 = 0; c0 < depth; c0 += kSquare)
        for (size_t w0 = 0; w0 < window; w0 += kSquare)
            for (size_t w = w0; w < std::min(window, w0 + kSquare); ++w)
                for (size_t c = c0; c < std::min(depth, c0 + kSquare); ++c)
                    std::memcpy(to + (w * row + c) * size, from + (c * window + w) * size, size);
}

std::vector<uint8_t> packChannelsLast(const uint8_t* from, size_t elementBytes,
                                      const std::vector<int64_t>& dims, int64_t channels) {
    auto maps = static_cast<size_t>(dims[0]), depth = static_cast<size_t>(dims[1]),
         window = size_t(1);
    for (size_t i = 2; i < dims.size(); ++i) window *= static_cast<size_t>(dims[i]);
    auto row = std::max(depth, static_cast<size_t>(channels));
    std::vector<uint8_t> out(maps * window * row * elementBytes, 0);
    const auto one = elementBytes == 1   ? turn<1>
                     : elementBytes == 2 ? turn<2>
                     : elementBytes == 4 ? turn<4>
                                         : turn<8>;
    for (size_t k = 0; k < maps; ++k)
        one(from + k * depth * window * elementBytes, out.data() + k * window * row * elementBytes,
            depth, window, row);
    return out;
}

std::string channelsLastLayout(DataType type, const std::vector<int64_t>& dims, int64_t channels) {
    std::string extents, tag = "a";
    for (size_t i = 0; i < dims.size(); ++i) {
        extents += cat(i ? "x" : "", dims[i]);
        if (i >= 2) tag += static_cast<char>('a' + i);
    }
    return cat(name(type), " ", extents, " ", tag,
               channels > dims[1] ? cat("B", channels, "b") : "b");
}

}  // namespace bireme::cuda
