// SPDX-License-Identifier: Apache-2.0
#include "ops/identity.h"
#include "ops/reshape.h"
#include "ops/squeeze.h"
#include "passes/rules.h"
#include "passes/support/parts.h"

namespace bireme::passes {

namespace {

bool isView(const ir::Node* n) {
    return n && n->op.def().has(ir::kView) && n->bodies.empty() && n->outputs.size() == 1;
}

bool isSettled(const ir::Node& n) { return n.op.is<ops::Reshape>() && n.inputs.size() == 1; }

// view(view(x)) => reshape(x) or x; view(x, shape) => reshape(x) with the shape as an attribute
struct MergeViews final : Rule {
    Pattern pattern() const override {
        return ir::op<ops::Reshape>().orOp<ops::Squeeze>().orOp<ops::Unsqueeze>();
    }
    Outcome apply(Edit& e, const Match&) const override {
        ir::ValueId direct = e.root().inputs[0], x = direct;
        while (isView(e.producer(x)) && ir::isInternal(e.graph(), x)) {
            e.consumes(e.producer(x)->id);
            x = e.producer(x)->inputs[0];
        }
        const DimVector out = e.desc(e.root().outputs[0]).dims;
        if (e.desc(x).dims == out) return e.replaceRoot(x, "a view to the same dims, removed");
        if (x == direct && isSettled(e.root())) return no("");
        auto reshape = reshapeTo(e.desc(x).dims, out);
        if (!reshape)
            return no(cat("more than one extent is only known when running: ", text(e.desc(x).dims),
                          " to ", text(out)));
        ir::ValueId y = e.add(ir::Op::of(*reshape), {x});
        if (e.desc(y).dims != out)
            return no(cat("attributes alone give ", text(e.desc(y).dims), ", not ", text(out)));
        return e.replaceRoot(y, x == direct ? "its shape became an attribute" : "views merged");
    }
};

// squeeze(x, axes) => squeeze<axes>(x), unsqueeze likewise
template <typename T>
struct TakeAxes final : Rule {
    Pattern pattern() const override { return ir::op<T>().in(ir::any("x"), ir::constant("axes")); }
    Outcome apply(Edit& e, const Match& m) const override {
        auto axes = e.ints(m["axes"]);
        if (!axes) return no("");
        T op;
        op.axes = *axes;
        return e.replaceRoot(e.add(ir::Op::of(op), {m["x"]}), "its axes became an attribute");
    }
};

const MergeViews mergeViews;
const TakeAxes<ops::Squeeze> takeSqueezed;
const TakeAxes<ops::Unsqueeze> takeUnsqueezed;

}  // namespace

BIREME_PASS(
    merge_views,
    "reshape, squeeze, unsqueeze after one another => one reshape by attributes, or nothing") {
    applyRules(run, {&mergeViews, &takeSqueezed, &takeUnsqueezed});
}

}  // namespace bireme::passes
