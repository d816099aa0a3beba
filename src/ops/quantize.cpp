// SPDX-License-Identifier: Apache-2.0
#include "ops/quantize.h"

#include "ir/eval.h"
#include "ir/infer.h"
#include "ops/support/quantization.h"

#include <cmath>

namespace bireme::ops {

static void infer(const Quantize& op, ir::InferContext& c) {
    c.require(isReal(c.in(0).type) || c.in(0).type == DataType::kINT32,
              "quantize takes real numbers, the input is ", name(c.in(0).type));
    c.require(isKnown(op.type) && isQuantizedType(op.type), "cannot quantize to this data type");
    if (c.has(2)) c.requireType(2, op.type);
    checkQuantization(c, op.axis);
    c.out(0) = c.in(0);
    c.out(0).type = op.type;
}

static void eval(const Quantize& op, ir::EvalContext& c) {
    auto x = c.read<float>(0);
    auto scale = c.read<float>(1);
    auto zero = c.has(2) ? c.read<float>(2) : std::span<const float>();
    auto y = c.write<float>(0);  // storing it saturates
    bool whole = isInteger(op.type);
    forEachQuantized(c, op.axis, [&](size_t e, size_t i) {
        float q = x[e] / scale[i];
        y[e] = (whole ? std::nearbyint(q) : q) + (zero.empty() ? 0 : zero[i]);
    });
}

BIREME_OP(quantize, Quantize,
          {.inputs = 2,
           .maxInputs = 3,
           .outputs = 1,
           .infer = infer,
           .eval = eval,
           .doc = "Real numbers to a small type by scale and zero point."})

}  // namespace bireme::ops
