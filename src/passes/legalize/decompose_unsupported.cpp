// SPDX-License-Identifier: Apache-2.0
#include "ir/constants.h"
#include "ir/group.h"
#include "passes/pass.h"
#include "passes/support/decompose.h"

namespace bireme::passes {

// op(x) => what it decomposes into, where no kernel runs it as it is
BIREME_PASS(decompose_unsupported, "an op that no kernel runs => what it decomposes into") {
    ir::Constants constants(run.graph);
    std::vector<ir::NodeId> todo = run.graph.nodeIds();
    for (size_t i = 0; i < todo.size() && run.mayRewrite(); ++i) {
        const ir::Node& n = run.graph.node(todo[i]);
        if (!n.op.def().decompose || ir::isGroup(n) ||
            (!n.outputs.empty() && constants.is(n.outputs[0])))
            continue;
        Support support = run.context.canRun(ir::bodyOf(run.graph, n.id));
        if (support.ok) continue;
        std::string name = n.name, op(n.op.name());
        if (!decomposeNode(run.graph, n.id)) {
            run.didNot(name, cat("no kernel (", support.why,
                                 ") and no decomposition for these attributes"));
            continue;
        }
        run.did(name, cat(op, " decomposed: ", support.why));
        for (ir::NodeId fresh : run.graph.nodeIds())  // what it is made of may need the same
            if (fresh > todo[i] && fresh > todo.back()) todo.push_back(fresh);
    }
}

}  // namespace bireme::passes
