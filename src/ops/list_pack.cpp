// SPDX-License-Identifier: Apache-2.0
#include "ops/list.h"
#include "ops/support/bodies.h"
#include "ops/support/packed_list.h"

namespace bireme::ops {

static void infer(const ListPack& /*op*/, ir::InferContext& c) {
    for (int i = 0; i < c.inputs(); ++i) c.require(c.has(i), "element ", i, " is missing");
    inferList(c);
}

static void eval(const ListPack& /*op*/, ir::EvalContext& c) {
    std::vector<ir::Tensor> elements;
    for (int i = 0; i < c.inputs(); ++i) elements.push_back(inputTensor(c, i));
    giveList(c, elements);
}

BIREME_OP(list_pack, ListPack,
          {.inputs = 0,
           .maxInputs = -1,
           .outputs = 1,
           .traits = ir::kDataDependent,
           .infer = infer,
           .eval = eval,
           .doc = "Tensors as a list, packed in one tensor of bytes."})

}  // namespace bireme::ops
