// SPDX-License-Identifier: Apache-2.0
#include "ops/list.h"
#include "ops/support/packed_list.h"

namespace bireme::ops {

static void infer(const ListErase& /*op*/, ir::InferContext& c) {
    requireList(c, 0);
    requirePosition(c, 1);
    inferList(c);
}

static void eval(const ListErase& /*op*/, ir::EvalContext& c) {
    auto elements = readList(c, 0);
    c.require(!elements.empty(), "nothing can be erased from an empty list");
    const size_t n = elements.size();
    elements.erase(elements.begin() + static_cast<int64_t>(listPosition(c, 1, n, n - 1)));
    giveList(c, elements);
}

BIREME_OP(list_erase, ListErase,
          {.inputs = 1,
           .maxInputs = 2,
           .outputs = 1,
           .traits = ir::kDataDependent,
           .infer = infer,
           .eval = eval,
           .doc = "A list without the element at a position or its last."})

}  // namespace bireme::ops
