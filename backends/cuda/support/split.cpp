// SPDX-License-Identifier: Apache-2.0
#include "backends/cuda/support/split.h"

#include <algorithm>

namespace bireme::cuda {

static Half halfOf(const tactic::Query& q, const ir::Graph& graph, ir::NodeId group) {
    Half h{group, {}};
    for (ir::ValueId v : graph.node(group).inputs) h.inputs.push_back(q.group().inputIndex(v));
    return h;
}

std::unique_ptr<Split> splitAfter(const tactic::Query& q, size_t functions) {
    const ir::GroupView& g = q.group();
    if (!g.anchor() || g.hasPrologue() || q.outputs() != 1) return nullptr;
    if (functions > 0 && (!g.hasChainEpilogue() || functions >= g.epilogue().size()))
        return nullptr;
    std::vector<ir::NodeId> front{g.anchor()->id}, rest;
    for (size_t i = 0; i < functions; ++i) front.push_back(g.epilogue()[i].node);
    for (ir::NodeId n : q.body().order())
        if (std::find(front.begin(), front.end(), n) == front.end()) rest.push_back(n);
    if (rest.empty()) return nullptr;
    for (ir::NodeId n : rest)
        if (!ir::isPointwiseNode(q.body().node(n))) return nullptr;
    auto s = std::make_unique<Split>();
    s->graph = q.body();
    ir::NodeId first = ir::makeGroup(s->graph, front), second = ir::makeGroup(s->graph, rest);
    if (s->graph.node(first).outputs.size() != 1) return nullptr;
    s->front = halfOf(q, s->graph, first);
    s->rest = halfOf(q, s->graph, second);
    // What is neither an input of the whole nor the first half's result lies inside the body.
    ir::ValueId between = s->graph.node(first).outputs[0];
    for (const Half* h : {&s->front, &s->rest})
        for (size_t i = 0; i < h->inputs.size(); ++i)
            if (h->inputs[i] < 0 && s->graph.node(h->group).inputs[i] != between) return nullptr;
    return s;
}

tactic::Query Split::query(const tactic::Query& whole, const Half& h) const {
    tactic::Query q(body(h), whole.device());
    q.ranges = whole.ranges;
    q.min = whole.min, q.opt = whole.opt, q.max = whole.max;
    q.flags = whole.flags;
    q.log = whole.log;
    for (size_t i = 0; i < h.inputs.size(); ++i)
        if (h.inputs[i] >= 0 && whole.constant(h.inputs[i]))
            q.setConstant(static_cast<int>(i), *whole.constant(h.inputs[i]));
    return q;
}

tactic::Combination Split::combination(const tactic::Query& whole, const Half& h) const {
    tactic::Combination c;
    const ir::Graph& b = body(h);
    for (size_t i = 0; i < h.inputs.size(); ++i) {
        if (h.inputs[i] < 0)
            c.inputs.push_back({b.value(b.inputs()[i]).desc.type, whole.out(0).format});
        else
            c.inputs.push_back({whole.in(h.inputs[i]).type, whole.in(h.inputs[i]).format});
    }
    c.outputs.push_back({b.value(b.outputs()[0]).desc.type, whole.out(0).format});
    return c;
}

}  // namespace bireme::cuda
