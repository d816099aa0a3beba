// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <vector>

namespace bireme::ops {

// Pixels from `from` on and before `to`, inside the picture.
struct RegionBin {
    int64_t from, to;
};

// The bins of one axis of a region from `low` to `high`, which may overlap; in float, whose
// rounding Caffe's bins have.
std::vector<RegionBin> regionBins(float low, float high, float scale, int64_t bins, int64_t extent);

}  // namespace bireme::ops
