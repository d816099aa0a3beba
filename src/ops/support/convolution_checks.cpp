// SPDX-License-Identifier: Apache-2.0
#include "ops/support/convolution_checks.h"

namespace bireme::ops {

void checkConvolutionOperands(const ir::InferContext& c, int64_t groups) {
    c.requireReal(0);
    c.requireSameType(0, 1);
    checkConvolutionDims(c, groups);
}

void checkConvolutionDims(const ir::InferContext& c, int64_t groups) {
    int rank = c.in(0).rank();
    c.require(rank >= 3 && rank <= 5,
              "the input must have batch, channel and 1 to 3 spatial dimensions, it is ",
              c.in(0).text());
    c.require(c.in(1).rank() == rank, "weights have ", c.in(1).rank(), " dimensions, input has ",
              rank);
    c.require(groups >= 1, "the number of groups is ", groups);
    for (const Dim& d : c.in(1).dims) c.require(!d.is(0), "weights are empty: ", c.in(1).text());
}

void checkChannels(const ir::InferContext& c, const Dim& ofWeights, const Dim& ofInput) {
    c.require(!ofWeights.isStatic() || !ofInput.isStatic() || ofWeights == ofInput, "weights have ",
              ofWeights.text(), " input channels, input has ", ofInput.text());
}

void checkBias(const ir::InferContext& c, const Dim& maps) {
    if (!c.has(2)) return;
    c.requireSameType(0, 2);
    c.require(c.in(2).rank() == 1, "the bias must have one dimension, it is ", c.in(2).text());
    const Dim& n = c.in(2).dims[0];
    c.require(!n.isStatic() || !maps.isStatic() || n == maps, "the bias has ", n.text(),
              " values, there are ", maps.text(), " output channels");
}

}  // namespace bireme::ops
