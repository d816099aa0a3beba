// SPDX-License-Identifier: Apache-2.0
// A part of a tensor, or the same bytes under other dims, as a format: where no byte need move.
#pragma once

#include "tensor/desc.h"
#include "tensor/format.h"

#include <optional>
#include <vector>

namespace bireme {

// Formats of what lies in a buffer of format `f` (unblocked; itself a view perhaps) with `dims`.
// nullopt where the bytes would have to move, or where only running tells how far apart they lie.

// Elements from `start` on along `axis`; the part's extent is up to its own dims.
std::optional<Format> partOf(const Format& f, const DimVector& dims, size_t axis, int64_t start);
// The same elements in row-major order under dims `to`.
std::optional<Format> reshaped(const Format& f, const DimVector& dims, const DimVector& to);
// Dim d of the result is dim permutation[d] of the tensor.
Format transposed(const Format& f, const std::vector<int64_t>& permutation);

// Do the elements follow each other in the same order in both (extents of 1 do not count)? One of
// the formats, or both, may be a part of a larger buffer.
bool sameOrder(const DimVector& dims, const Format& a, const Format& b);
// Are the offset and all strides but the innermost multiples of `elements`, as far as numbers tell?
bool isAligned(const Format& f, const DimVector& dims, int64_t elements);

}  // namespace bireme
