// SPDX-License-Identifier: Apache-2.0
#include "ops/identity.h"

#include "ir/eval.h"
#include "ir/infer.h"
#include "ops/support/movement.h"

namespace bireme::ops {

static void infer(const Identity&, ir::InferContext& c) {
    c.out(0) = c.in(0);
    if (const DimVector* known = c.known(0)) c.setKnown(0, *known);
}

static void eval(const Identity&, ir::EvalContext& c) { copyBytes(c); }

BIREME_OP(identity, Identity, {.traits = ir::kView, .infer = infer, .eval = eval, .doc = "A copy."})

}  // namespace bireme::ops
