// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "ir/infer.h"

#include <cstdint>
#include <vector>

namespace bireme::ops {

// Dims of a reshape of `from`: input 1 of the node where present, else `attribute`. 0 copies the
// dim of the same index (if zeroIsPlaceholder), one -1 takes what is left.
DimVector reshapedDims(ir::InferContext& c, const DimVector& from,
                       const std::vector<int64_t>& attribute, bool zeroIsPlaceholder);

}  // namespace bireme::ops
