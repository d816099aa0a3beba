// SPDX-License-Identifier: Apache-2.0
#include "ir/edit.h"
#include "passes/pass.h"

namespace bireme::passes {

// layers that no output, debug tensor or side effect hangs on => nothing
BIREME_PASS(remove_unused_layers, "layers whose results nobody reads => nothing") {
    auto before = run.graph.nodeIds();
    std::vector<std::string> names;
    for (ir::NodeId n : before) names.push_back(run.graph.node(n).name);
    if (!run.mayRewrite() || ir::sweepDead(run.graph) == 0) return;
    for (size_t i = 0; i < before.size(); ++i)
        if (!run.graph.isAlive(before[i])) run.did(names[i], "nobody reads its result, removed");
}

}  // namespace bireme::passes
