// SPDX-License-Identifier: Apache-2.0
#include "passes/fuse/region.h"

#include "ir/edit.h"
#include "ir/group.h"

#include <algorithm>

namespace bireme::passes {

bool isFusable(const ir::Graph& g, ir::Constants& constants, const ir::Node& n) {
    if (!ir::isPointwiseNode(n) || n.outputs.size() != 1) return false;
    return !g.value(n.outputs[0]).known && !constants.is(n.outputs[0]);
}

static bool contains(const std::vector<ir::NodeId>& members, ir::NodeId n) {
    return std::find(members.begin(), members.end(), n) != members.end();
}

size_t inputsOf(const ir::Graph& g, const std::vector<ir::NodeId>& members) {
    std::vector<ir::ValueId> seen;
    for (ir::NodeId n : members)
        for (ir::ValueId v : g.node(n).inputs)
            if (v != ir::kNoValue && !contains(members, g.value(v).producer) &&
                std::find(seen.begin(), seen.end(), v) == seen.end())
                seen.push_back(v);
    return seen.size();
}

size_t outputsOf(const ir::Graph& g, const std::vector<ir::NodeId>& members) {
    size_t count = 0;
    for (ir::NodeId n : members)
        for (ir::ValueId v : g.node(n).outputs) {
            const auto& users = g.value(v).users;
            bool outside = !ir::isInternal(g, v) ||
                           std::any_of(users.begin(), users.end(), [&](const ir::Use& u) {
                               return !contains(members, u.node);
                           });
            count += outside;
        }
    return count;
}

size_t largestRunnable(const PassRun& run, const std::vector<ir::NodeId>& members, size_t least,
                       std::string& why) {
    for (size_t n = members.size(); n >= least; --n) {
        std::vector<ir::NodeId> some(members.begin(),
                                     members.begin() + static_cast<std::ptrdiff_t>(n));
        Support support = run.context.canRun(ir::bodyOf(run.graph, some));
        if (support.ok) return n;
        why = support.why;
    }
    return 0;
}

void formGroup(PassRun& run, const std::vector<ir::NodeId>& members, size_t count,
               const std::string& why) {
    std::string first = run.graph.node(members.front()).name, outside;
    if (count < members.size())
        outside = cat("; \"", run.graph.node(members[count]).name, "\" stays outside: ", why);
    ir::NodeId group = ir::makeGroup(
        run.graph, {members.begin(), members.begin() + static_cast<std::ptrdiff_t>(count)});
    run.did(first, cat("one group of ", count, ": ", run.graph.node(group).name, outside));
}

}  // namespace bireme::passes
