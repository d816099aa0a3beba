// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "base/fields.h"
#include "tensor/dtype.h"

#include <algorithm>
#include <cmath>
#include <cstdint>
#include <string>
#include <vector>

namespace bireme::ops {

// y = (x - mean) / sqrt(variance + epsilon) * scale + bias over axes; inputs x, scale (optional),
// bias (optional), both broadcastable to x. With groups != 1 the channel is dim 1 and axes are all
// spatial dims. rms: no mean is subtracted; then, with floor,
// the mean square is epsilon at least, instead of epsilon more (L2 normalization).
struct Normalization {
    std::vector<int64_t> axes;
    float epsilon = 1e-5f;
    int64_t groups = 1;
    bool rms = false;
    bool floor = false;
    DataType computeType = DataType::kFLOAT;
    bool v2 = true;  // public flavour: addNormalizationV2
    void fields(FieldVisitor& v) {
        v.field(1, "axes", axes);
        v.field(2, "epsilon", epsilon);
        v.field(3, "groups", groups);
        v.field(4, "rms", rms);
        v.field(5, "computeType", computeType);
        v.field(6, "v2", v2);
        v.field(7, "floor", floor);
    }
    // What a row is divided by.
    double deviation(double variance) const {
        const double e = epsilon;
        return std::sqrt(floor ? std::max(variance, e) : variance + e);
    }
};

}  // namespace bireme::ops
