// SPDX-License-Identifier: Apache-2.0
#include "ir/edit.h"
#include "ops/normalization.h"
#include "passes/fuse/region.h"
#include "passes/support/pointwise.h"

namespace bireme::passes {

namespace {

// Why the addition in front of a normalization cannot join it; "" when it can, "-" when there is
// none.
std::string whyApart(const ir::Graph& g, ir::Constants& constants, const ir::Node& norm) {
    ir::ValueId x = norm.inputs[0];
    if (!pointwiseOf(g, x, PointwiseFn::sum) || !isFusable(g, constants, *g.producer(x)))
        return "-";
    const ir::Node& sum = *g.producer(x);
    const DimVector& dims = g.value(x).desc.dims;
    for (ir::ValueId v : sum.inputs)
        if (constants.is(v) || !(g.value(v).desc.dims == dims)) return "-";
    if (!ir::isInternal(g, x))
        return cat("the user sees tensor \"", g.value(x).name, "\", the sum before it");
    size_t readers = g.value(x).users.size();
    if (readers == 1) return {};
    return cat("single use needed: tensor \"", g.value(x).name, "\" has ", readers, " consumers");
}

}  // namespace

// normalization(x + r, scale, bias) => one group
BIREME_PASS(fuse_residual, "normalization(x + r) => one group") {
    ir::Constants constants(run.graph);
    for (ir::NodeId id : run.graph.order()) {
        if (!run.mayRewrite()) return;
        const ir::Node& norm = run.graph.node(id);
        if (!norm.op.is<ops::Normalization>()) continue;
        std::string why = whyApart(run.graph, constants, norm);
        if (why == "-") continue;
        const std::vector<ir::NodeId> members{run.graph.producer(norm.inputs[0])->id, id};
        if (why.empty() && largestRunnable(run, members, 2, why) == 2)
            formGroup(run, members, 2, {});
        else
            run.didNot(norm.name, cat("without the sum before it: ", why));
    }
}

}  // namespace bireme::passes
