// SPDX-License-Identifier: Apache-2.0
#include "ops/plugin.h"

#include "ir/infer.h"

namespace bireme::ops {

static void infer(const Plugin& op, ir::InferContext& c) {
    c.require(op.rule != nullptr, "plugin \"", op.name,
              "\" is only described here: its creator has to make it");
    op.rule->infer(c);
}

BIREME_OP(plugin, Plugin,
          {.inputs = 0,
           .maxInputs = -1,
           .outputs = 1,
           .maxOutputs = -1,
           .traits = ir::kNondeterministic,
           .infer = infer,
           .doc = "A layer that the user implements, made by a creator of a plugin registry."})

}  // namespace bireme::ops
