// SPDX-License-Identifier: Apache-2.0
#include "ops/support/region_bins.h"

#include <algorithm>
#include <cmath>

namespace bireme::ops {

std::vector<RegionBin> regionBins(float low, float high, float scale, int64_t bins,
                                  int64_t extent) {
    auto pixel = [scale](float v) {
        float p = v * scale;
        return std::isnan(p) ? 0.f : std::round(std::clamp(p, -1e9f, 1e9f));
    };
    float first = pixel(low), size = std::max(pixel(high) - first + 1, 1.f);
    float step = size / static_cast<float>(bins);
    std::vector<RegionBin> out;
    for (int64_t i = 0; i < bins; ++i) {
        auto edge = [&](float v) {
            return std::clamp(static_cast<int64_t>(v) + static_cast<int64_t>(first), int64_t{0},
                              extent);
        };
        out.push_back({edge(std::floor(static_cast<float>(i) * step)),
                       edge(std::ceil(static_cast<float>(i + 1) * step))});
    }
    return out;
}

}  // namespace bireme::ops
