// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "ops/resample.h"

#include <cstdint>
#include <span>
#include <vector>

namespace bireme::ops {

// How one axis is read.
struct ResampleAxis {
    int64_t in = 0, out = 0;
    double scale = 1, start = 0, end = 1;  // start and end of the region
    bool isIdentity(const Resample& op) const;
};

// What one output coordinate reads: source indices, inside the axis, and their weights.
struct ResampleTaps {
    std::vector<int64_t> at;
    std::vector<double> weight;
    bool outside = false;  // of the region: the value is op.outside
};

// Every axis of a tensor of `dims`; scales, sizes and region are empty where they are not given.
std::vector<ResampleAxis> resampleAxes(const Resample& op, const std::vector<int64_t>& dims,
                                       std::span<const float> scales,
                                       const std::vector<int64_t>& sizes,
                                       std::span<const double> region);
std::vector<ResampleTaps> resampleTaps(const Resample& op, const ResampleAxis& axis);

}  // namespace bireme::ops
