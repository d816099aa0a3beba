// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "ir/eval.h"
#include "ir/infer.h"
#include "ops/support/axis_view.h"

namespace bireme::ops {

// Checks scale (input 1) and zero point (input 2, optional) of a quantize or dequantize node with
// `axis`.
void checkQuantization(ir::InferContext& c, int64_t axis);
bool isQuantizedType(DataType t);

// Calls f(element, parameter index) for every element; the index is 0 for one scale for all.
template <typename F>
void forEachQuantized(const ir::EvalContext& c, int64_t axis, F&& f) {
    if (c.count(1) == 1) {
        for (int64_t e = 0, n = c.count(0); e < n; ++e) f(static_cast<size_t>(e), size_t{0});
        return;
    }
    AxisView view(c.dims(0), axis);
    size_t e = 0;
    for (int64_t o = 0; o < view.outer; ++o)
        for (int64_t i = 0; i < view.extent; ++i)
            for (int64_t k = 0; k < view.inner; ++k) f(e++, static_cast<size_t>(i));
}

}  // namespace bireme::ops
