// SPDX-License-Identifier: Apache-2.0
// Windows into a tensor that may reach outside of it: slice, pad and crop.
#pragma once

#include "bireme/layers/sample_mode.h"

#include <cstdint>
#include <vector>

namespace bireme::ops {

// Source index of start, start + stride, ... along an axis of `extent` elements; -1 where kFILL has
// none. Error for kSTRICT_BOUNDS outside, and for any read of an empty axis that is no fill.
std::vector<int64_t> windowIndices(int64_t extent, int64_t start, int64_t stride, int64_t count,
                                   SampleMode mode);

}  // namespace bireme::ops
