// SPDX-License-Identifier: Apache-2.0
#include "passes/support/decompose.h"

#include "ir/decompose.h"
#include "ir/edit.h"
#include "ir/verify.h"
#include "ops/identity.h"

namespace bireme::passes {

namespace {

// A reader of every output, so that what takes an output's place can be found afterwards.
struct Probe {
    ir::ValueId output;
    ir::NodeId node;
    bool isGraphOutput;
};

void settle(ir::Graph& g, const Probe& p, ir::NodeId firstNew) {
    ir::ValueId to = g.node(p.node).inputs.at(0);
    bool visible = p.isGraphOutput || g.value(p.output).debug;
    if (to == p.output) return;
    const ir::Node* maker = g.producer(to);
    if (!visible) {
        // The last of the new nodes takes the name; symbols are named after values, so those stay.
        bool named = maker && maker->id >= firstNew && !maker->op.def().has(ir::kDataDependent);
        if (named) g.value(to).name = g.value(p.output).name;
        return;
    }
    if (!maker || maker->id < firstNew) {  // not a tensor of its own: the user's one is a copy
        ir::NodeId copy = g.addNode(ir::Op::of(ops::Identity{}), {to}, 1, g.value(p.output).name);
        ir::inferNode(g, copy);
        for (size_t i = 0; i < g.outputs().size(); ++i)
            if (p.isGraphOutput && g.outputs()[i] == to) g.setOutput(i, g.node(copy).outputs[0]);
        to = g.node(copy).outputs[0];
    }
    ir::inheritMarks(g.value(to), g.value(p.output));
    g.value(p.output).debug = false;
}

}  // namespace

bool decomposeNode(ir::Graph& g, ir::NodeId id) {
    auto decompose = g.node(id).op.def().decompose;
    if (!decompose) return false;
    std::vector<Probe> probes;
    for (ir::ValueId v : std::vector<ir::ValueId>(g.node(id).outputs)) {
        ir::NodeId probe = g.addNode(ir::Op::of(ops::Identity{}), {v}, 1, "probe");
        probes.push_back({v, probe, g.isOutput(v)});
    }
    ir::NodeId firstNew = probes.empty() ? id + 1 : probes.back().node + 1;
    ir::Op op = g.node(id).op;  // the graph's nodes move while new ones are added
    ir::DecomposeContext c(g, id);
    bool yes = decompose(op.attributes(), c);
    std::vector<ir::ValueId> replaced;
    for (const Probe& p : probes) {
        if (yes) settle(g, p, firstNew);
        replaced.push_back(g.node(p.node).inputs.at(0));
    }
    for (const Probe& p : probes) g.removeNode(p.node);
    if (!yes) return false;
    const ir::Node old = g.node(id);
    ir::ValueId last = probes.empty() ? ir::kNoValue : replaced.front();
    g.removeNode(id);
    if (const ir::Node* maker = g.producer(last); maker && maker->id >= firstNew)
        g.node(maker->id).name = old.name;
    // A node that comes and goes tells where ids end: looking at all would take as long for each.
    const ir::NodeId end = g.addNode(ir::Op::of(ops::Identity{}), {}, 0, "end");
    g.removeNode(end);
    for (ir::NodeId n = firstNew; n < end; ++n) {
        if (!g.isAlive(n)) continue;
        g.node(n).precision = old.precision;
        g.node(n).metadata = old.metadata;
        g.node(n).origins = old.origins;
    }
    return true;
}

}  // namespace bireme::passes
