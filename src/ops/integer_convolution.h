// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "ops/convolution.h"

namespace bireme::ops {

// Cross-correlation of bytes. Inputs: x [N,C,spatial...] and kernel [K,C/groups,window...], each
// INT8 or UINT8; what is 0 in x (INT32, one value) and in the kernel (INT32, one value or [K]),
// both optional. Output INT32 [N,K,spatial...]; sums wrap.
struct IntegerConvolution : Convolution {};

}  // namespace bireme::ops
