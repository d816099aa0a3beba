// SPDX-License-Identifier: Apache-2.0
#include "builder/reformat.h"

#include "base/text.h"
#include "ir/group.h"

namespace bireme::builder {

Reformat::Reformat(const BuildJob& job, const VariantJob& variant, const std::string& name,
                   const TensorDesc& source, const TensorDesc& target) {
    ir::Graph& g = scratch_.graph;
    ir::ValueId x = g.addInput("x", source);
    ir::Op op(*ir::OpRegistry::global().find("identity"));
    ir::NodeId n = g.addNode(op, {x}, 1, "reformat " + name);
    g.value(g.node(n).outputs[0]).desc = target;
    g.markOutput(g.node(n).outputs[0]);
    ir::NodeId group = ir::wrapInGroup(g, n);
    scratch_.ranges = variant.ranges;
    scratch_.min = variant.min, scratch_.opt = variant.opt, scratch_.max = variant.max;
    query_ = std::make_unique<tactic::Query>(makeQuery(job, scratch_, g.node(group)));
    tactic::Combination c;
    c.inputs.push_back({source.type, source.format});
    c.outputs.push_back({target.type, target.format});
    query_->choose(c);
    for (const auto* f : job.factories) {
        if (!f->name().ends_with(".reorder")) continue;
        tactic::Support s = f->supports(*query_);
        if (s.ok && !factory_) factory_ = f;
        if (!s.ok) reasons_ += cat(f->name(), ": ", s.why, "; ");
    }
}

}  // namespace bireme::builder
