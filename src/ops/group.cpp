// SPDX-License-Identifier: Apache-2.0
#include "ops/group.h"

#include "ops/support/bodies.h"

namespace bireme::ops {

static void infer(const Group&, ir::InferContext& c) {
    c.require(c.bodies().size() == 1, "a group has one body, not ", c.bodies().size());
    ir::Graph g = inferBody(c, c.bodies()[0], 0);
    c.require(static_cast<int>(g.outputs().size()) == c.outputs(), "the body has ",
              static_cast<int>(g.outputs().size()), " outputs, the group ", c.outputs());
    for (int i = 0; i < c.outputs(); ++i) {
        const ir::Value& v = g.value(g.outputs()[static_cast<size_t>(i)]);
        c.out(i).type = v.desc.type;
        for (int k = 0; k < v.desc.rank(); ++k) {
            const Dim& d = v.desc.dims[static_cast<size_t>(k)];
            DimRange range = d.range(g.symbolRanges());
            c.out(i).dims.push_back(isKnownOutside(g, d) ? d : c.stepExtent(i, k, Dim(range.max)));
        }
        if (v.known) c.setKnown(i, *v.known);
        c.output(i).kind = v.kind;
    }
}

static void eval(const Group&, ir::EvalContext& c) { evalBody(c, c.bodies()[0], 0); }

BIREME_OP(group, Group,
          {.inputs = 0,
           .maxInputs = -1,
           .outputs = 0,
           .maxOutputs = -1,
           .infer = infer,
           .eval = eval,
           .doc = "A fused node: its body is run as one kernel."})

}  // namespace bireme::ops
