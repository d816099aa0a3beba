// SPDX-License-Identifier: Apache-2.0
#include "ops/list.h"
#include "ops/support/bodies.h"
#include "ops/support/packed_list.h"

namespace bireme::ops {

static void infer(const ListInsert& /*op*/, ir::InferContext& c) {
    requireList(c, 0);
    c.require(c.has(1), "there is no tensor to insert");
    requirePosition(c, 2);
    inferList(c);
}

static void eval(const ListInsert& /*op*/, ir::EvalContext& c) {
    auto elements = readList(c, 0);
    const size_t n = elements.size();
    // A negative position counts the elements that are there; n itself is the end.
    const int64_t at = c.has(2) ? c.ints(2).at(0) : static_cast<int64_t>(n);
    const size_t place = at < 0 ? listPosition(c, 2, n, n) : listPosition(c, 2, n + 1, n);
    elements.insert(elements.begin() + static_cast<int64_t>(place), inputTensor(c, 1));
    giveList(c, elements);
}

BIREME_OP(list_insert, ListInsert,
          {.inputs = 2,
           .maxInputs = 3,
           .outputs = 1,
           .traits = ir::kDataDependent,
           .infer = infer,
           .eval = eval,
           .doc = "A list with one more tensor, at a position or at its end."})

}  // namespace bireme::ops
