// SPDX-License-Identifier: Apache-2.0
#include "ops/list.h"
#include "ops/support/bodies.h"
#include "ops/support/packed_list.h"

namespace bireme::ops {

static void infer(const ListAt& op, ir::InferContext& c) {
    requireList(c, 0);
    c.require(c.has(1), "the position is missing");
    requirePosition(c, 1);
    inferPromised(c, op.type, op.dims);
}

static void eval(const ListAt& /*op*/, ir::EvalContext& c) {
    const auto elements = readList(c, 0);
    giveTensor(c, 0, elements[listPosition(c, 1, elements.size(), 0)]);
}

BIREME_OP(list_at, ListAt,
          {.inputs = 2,
           .outputs = 1,
           .traits = ir::kDataDependent,
           .infer = infer,
           .eval = eval,
           .doc = "The element of a list at a position."})

}  // namespace bireme::ops
