// SPDX-License-Identifier: Apache-2.0
// What the importers of attention share: heads, positions and rotations.
#pragma once

#include "parsers/onnx/node.h"

namespace bireme::onnx_import {

/// [B, S, heads * D] as [B, heads, S, D].
ITensor& splitHeads(Net& net, ITensor& x, int64_t heads);
/// [B, heads, S, D] as [B, S, heads * D].
ITensor& joinHeads(Net& net, ITensor& x);
/// Every head `times` times, one after the other: [B, H, S, D] to [B, H * times, S, D].
ITensor& repeatHeads(Net& net, ITensor& x, int64_t times);
/// 0, 1, ... count - 1 as INT64 [count].
ITensor& counting(Net& net, const Extent& count);
/// The first 2 * pairs values of the last dim of x [B, heads, S, D] turned in pairs by angles whose
/// cosines and sines are [B or 1, 1, S, pairs]; a pair is neighbours, or one of either half.
ITensor& rotated(Net& net, ITensor& x, ITensor& cosine, ITensor& sine, int64_t pairs,
                 bool interleaved);

}  // namespace bireme::onnx_import
