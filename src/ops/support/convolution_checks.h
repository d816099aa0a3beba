// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "ir/infer.h"

namespace bireme::ops {

// What convolution and deconvolution ask of their operands x, kernel and bias; the dims alone for
// the one of bytes.
void checkConvolutionDims(const ir::InferContext& c, int64_t groups);
void checkConvolutionOperands(const ir::InferContext& c, int64_t groups);
void checkChannels(const ir::InferContext& c, const Dim& ofWeights, const Dim& ofInput);
void checkBias(const ir::InferContext& c, const Dim& maps);

}  // namespace bireme::ops
