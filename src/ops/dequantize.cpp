// SPDX-License-Identifier: Apache-2.0
#include "ir/eval.h"
#include "ir/infer.h"
#include "ops/quantize.h"
#include "ops/support/quantization.h"

namespace bireme::ops {

static void infer(const Dequantize& op, ir::InferContext& c) {
    c.require(isQuantizedType(c.in(0).type), "dequantize takes quantized numbers, the input is ",
              name(c.in(0).type));
    c.require(isKnown(op.type) && isReal(op.type), "dequantize makes real numbers");
    if (c.has(2)) c.requireSameType(0, 2);
    checkQuantization(c, op.axis);
    c.out(0) = c.in(0);
    c.out(0).type = op.type;
}

static void eval(const Dequantize& op, ir::EvalContext& c) {
    // In double, which holds every 32-bit integer.
    auto q = c.read<double>(0);
    auto scale = c.read<double>(1);
    auto zero = c.has(2) ? c.read<double>(2) : std::span<const double>();
    auto y = c.write<double>(0);
    forEachQuantized(c, op.axis, [&](size_t e, size_t i) {
        y[e] = (q[e] - (zero.empty() ? 0 : zero[i])) * scale[i];
    });
}

BIREME_OP(dequantize, Dequantize,
          {.inputs = 2,
           .maxInputs = 3,
           .outputs = 1,
           .infer = infer,
           .eval = eval,
           .doc = "A small type back to real numbers by scale and zero point."})

}  // namespace bireme::ops
