// SPDX-License-Identifier: Apache-2.0
#include "ops/trilu.h"

#include "ir/eval.h"
#include "ir/infer.h"
#include "ops/support/movement.h"

#include <cstring>

namespace bireme::ops {

static void eval(const Trilu& op, ir::EvalContext& c) {
    int64_t k = c.has(1) ? c.ints(1).at(0) : 0;
    size_t size = elementBytes(c.type(0)), n = c.dims(0).size();
    int64_t rows = c.dims(0)[n - 2], columns = c.dims(0)[n - 1], count = c.count(0);
    auto* out = static_cast<uint8_t*>(c.outData(0));
    const auto* in = static_cast<const uint8_t*>(c.data(0));
    for (int64_t i = 0; i < count; ++i, out += size, in += size) {
        int64_t distance = i % columns - i / columns % rows;
        if (op.upper ? distance >= k : distance <= k)
            copyElement(out, in, size);
        else
            std::memset(out, 0, size);
    }
}

static void infer(const Trilu& op, ir::InferContext& c) {
    c.require(c.in(0).rank() >= 2, "trilu needs two dimensions, got ", c.in(0).text());
    if (c.has(1)) {
        Dim n = volume(c.in(1).dims);
        c.require(isInteger(c.in(1).type) && (!n.isStatic() || n.is(1)),
                  "the diagonal must be one integer, not ", c.in(1).text());
    }
    c.out(0) = c.in(0);
    moveKnown(op, c, eval, {0});
}

BIREME_OP(trilu, Trilu,
          {.inputs = 1,
           .maxInputs = 2,
           .traits = ir::kMoves,
           .infer = infer,
           .eval = eval,
           .doc = "Upper or lower triangle of the last two dims, zeros elsewhere."})

}  // namespace bireme::ops
