// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "base/fields.h"

namespace bireme::ops {

// Product of matrices of bytes. Inputs: a [...,M,K] and b [...,K,N], each INT8 or UINT8; what is 0
// in a (INT32, one value or [M]) and in b (INT32, one value or [N]), both optional. Output INT32
// [...,M,N]; leading dims broadcast 1-or-n, sums wrap.
struct IntegerMatrixMultiply {
    void fields(FieldVisitor& /*v*/) {}
};

}  // namespace bireme::ops
