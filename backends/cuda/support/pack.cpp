// SPDX-License-Identifier: Apache-2.0
#include "backends/cuda/support/pack.h"

#include "base/text.h"

#include <algorithm>
#include <cstring>

namespace bireme::cuda {

std::vector<uint8_t> packChannelsLast(const uint8_t* from, size_t elementBytes,
                                      const std::vector<int64_t>& dims, int64_t channels) {
    auto maps = static_cast<size_t>(dims[0]), depth = static_cast<size_t>(dims[1]),
         window = size_t(1);
    for (size_t i = 2; i < dims.size(); ++i) window *= static_cast<size_t>(dims[i]);
    auto row = std::max(depth, static_cast<size_t>(channels));
    std::vector<uint8_t> out(maps * window * row * elementBytes, 0);
    for (size_t k = 0; k < maps; ++k)
        for (size_t c = 0; c < depth; ++c)
            for (size_t w = 0; w < window; ++w)
                std::memcpy(out.data() + ((k * window + w) * row + c) * elementBytes,
                            from + ((k * depth + c) * window + w) * elementBytes, elementBytes);
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
