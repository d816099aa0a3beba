// SPDX-License-Identifier: Apache-2.0
// Packed constants as layouts of dense tensors, to find the dense bytes again.
#pragma once

#include "tensor/blob.h"
#include "tensor/desc.h"

#include <optional>
#include <string>

namespace bireme {

// Reads "f32 64x3x7x7 Acdb16a": type, extents, then the dims as letters from the outermost to the
// innermost, those that are split in capitals, and the blocks they are split into. None for text of
// any other form, and for types below a byte.
std::optional<TensorDesc> parseLayout(const std::string& text);

// The layout with two dims named the other way round: the same packed bytes of a transposed tensor.
TensorDesc swapDims(const TensorDesc& layout, int a, int b);

// Do packed bytes of `layout` (dense, static extents) hold the elements of `dense`, which lie
// row-major by its dims?
bool layoutHolds(const Blob& packed, const TensorDesc& layout, const Blob& dense);

// The dense row-major bytes. Throws Error when the packed ones are too few.
Blob unpackLayout(const Blob& packed, const TensorDesc& layout);

}  // namespace bireme
