// SPDX-License-Identifier: Apache-2.0
#include "ops/assertion.h"

#include "ir/eval.h"
#include "ir/infer.h"

namespace bireme::ops {

static std::string text(const Assertion& op) {
    return op.message.empty() ? "assertion does not hold" : op.message;
}

static void infer(const Assertion& op, ir::InferContext& c) {
    c.requireType(0, DataType::kBOOL);
    if (const DimVector* known = c.known(0))
        for (const Dim& d : *known) c.require(!d.is(0), text(op));
}

static void eval(const Assertion& op, ir::EvalContext& c) {
    for (uint8_t holds : c.read<uint8_t>(0)) c.require(holds, text(op));
}

BIREME_OP(assertion, Assertion,
          {.inputs = 1,
           .outputs = 0,
           .traits = ir::kSideEffect,
           .infer = infer,
           .eval = eval,
           .doc = "Fails when the condition holds a false."})

}  // namespace bireme::ops
