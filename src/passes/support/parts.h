// SPDX-License-Identifier: Apache-2.0
// Slices, pads and reshapes in numbers, one entry per dim of the tensor that they read.
#pragma once

#include "ir/edit.h"
#include "ops/reshape.h"
#include "ops/slice.h"

#include <cstdint>
#include <optional>
#include <vector>

namespace bireme::passes {

// out[i] = in[start + i * stride] in every dim. A dim that is taken whole has start 0, stride 1.
struct Part {
    std::vector<int64_t> start, stride;
};

// What a slice takes; nullopt when a number is not known, or it reaches outside.
std::optional<Part> partOf(ir::Edit& e, const ir::Node& slice);

// The slice of x, of these dims, that is `part`; nullopt when a sliced dim of the result is not
// static.
std::optional<ops::Slice> sliceOf(const DimVector& x, const DimVector& dims, const Part& part);

// Whether what is taken of x, one element after another in each dim, is one piece of a dense x.
bool liesTogether(const DimVector& x, const DimVector& taken);

// What a pad of constants adds: before every dim, then after every dim; negative crops.
struct Border {
    std::vector<int64_t> pads;
    double value = 0;
};
std::optional<Border> borderOf(ir::Edit& e, const ir::Node& pad);

// The reshape from one dims to others by attributes alone: numbers, copied extents, one inferred
// extent; nullopt where they do not tell.
std::optional<ops::Reshape> reshapeTo(const DimVector& from, const DimVector& to);

}  // namespace bireme::passes
