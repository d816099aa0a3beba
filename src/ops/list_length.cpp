// SPDX-License-Identifier: Apache-2.0
#include "ops/list.h"
#include "ops/support/packed_list.h"

namespace bireme::ops {

static void infer(const ListLength& /*op*/, ir::InferContext& c) {
    requireList(c, 0);
    c.out(0).type = DataType::kINT64;
}

static void eval(const ListLength& /*op*/, ir::EvalContext& c) {
    c.write<int64_t>(0)[0] = static_cast<int64_t>(readList(c, 0).size());
}

BIREME_OP(list_length, ListLength,
          {.inputs = 1,
           .outputs = 1,
           .infer = infer,
           .eval = eval,
           .doc = "The number of elements of a list."})

}  // namespace bireme::ops
