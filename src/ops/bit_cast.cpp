// SPDX-License-Identifier: Apache-2.0
#include "ops/bit_cast.h"

#include "ir/eval.h"
#include "ir/infer.h"
#include "ops/support/movement.h"

namespace bireme::ops {

static void infer(const BitCast& op, ir::InferContext& c) {
    c.require(bits(op.to) == bits(c.in(0).type), name(c.in(0).type), " and ", name(op.to),
              " have different widths");
    c.out(0) = c.in(0);
    c.out(0).type = op.to;
}

static void eval(const BitCast&, ir::EvalContext& c) { copyBytes(c); }

BIREME_OP(bit_cast, BitCast,
          {.traits = ir::kMoves,
           .infer = infer,
           .eval = eval,
           .doc = "The same bits read as another type of the same width."})

}  // namespace bireme::ops
