// SPDX-License-Identifier: Apache-2.0
#include "ops/support/quantization.h"

#include "tensor/small_float.h"

namespace bireme::ops {

bool isQuantizedType(DataType t) { return smallFloat(t) || (isInteger(t) && bits(t) <= 32); }

void checkQuantization(ir::InferContext& c, int64_t axis) {
    const TensorDesc &x = c.in(0), &scale = c.in(1);
    c.requireReal(1);
    c.require(scale.rank() <= 1, "the scale must be a scalar or have one dimension, it is ",
              scale.text());
    if (scale.rank() == 1 && !scale.dims[0].is(1)) {
        const Dim& extent = x.dims[static_cast<size_t>(c.axis(axis, x.rank()))];
        c.require(!extent.isStatic() || !scale.dims[0].isStatic() || extent == scale.dims[0],
                  "there are ", scale.dims[0].text(), " scales for an axis of ", extent.text());
    }
    if (!c.has(2)) return;
    const TensorDesc& zero = c.in(2);
    Dim have = volume(zero.dims), want = volume(scale.dims);
    c.require(!have.isStatic() || !want.isStatic() || have == want, "the zero point ", zero.text(),
              " does not match the scale ", scale.text());
}

}  // namespace bireme::ops
