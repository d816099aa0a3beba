// SPDX-License-Identifier: Apache-2.0
#include "ops/constant.h"
#include "ops/einsum.h"
#include "ops/padding.h"
#include "ops/scale.h"
#include "ops/shuffle.h"
#include "passes/pass.h"
#include "passes/support/decompose.h"

namespace bireme::passes {

// The bytes live on in a value without producer; a constant that the user made an output keeps its
// layer.
static bool lowerConstant(ir::Graph& g, ir::NodeId id) {
    ir::ValueId old = g.node(id).outputs.at(0);
    if (g.isOutput(old) || g.value(old).debug || !g.value(old).constant) return false;
    ir::Value copy = g.value(old);
    ir::ValueId v = g.addConstant(copy.name, copy.desc, copy.constant);
    ir::Value& to = g.value(v);
    to.range = copy.range;
    to.refittable = copy.refittable;
    to.weightsName = copy.weightsName;
    to.known = copy.known;
    g.replaceUses(old, v);
    g.removeNode(id);
    return true;
}

// scale(x) => (x * scale + shift) ^ power; shuffle(x) => transpose(reshape(transpose(x)));
// padding(x) => pad(x); constant() => the constant; einsum(x, y) => a matrix product
BIREME_PASS(lower_public_layers,
            "scale, shuffle, padding, constant and einsum layers => the ops they stand for") {
    for (ir::NodeId id : run.graph.nodeIds()) {
        if (!run.mayRewrite()) return;
        const ir::Node& n = run.graph.node(id);
        std::string name = n.name, op(n.op.name());
        bool lowers = n.op.is<ops::Scale>() || n.op.is<ops::Shuffle>() || n.op.is<ops::Padding>() ||
                      n.op.is<ops::Einsum>();
        const bool constant = n.op.is<ops::Constant>();
        bool done =
            constant ? lowerConstant(run.graph, id) : lowers && decomposeNode(run.graph, id);
        if (done) run.did(name, constant ? "" : cat(op, " lowered"));
    }
}

}  // namespace bireme::passes
