// SPDX-License-Identifier: Apache-2.0
#include "ops/expand.h"
#include "passes/rules.h"
#include "passes/support/pointwise.h"

namespace bireme::passes {

namespace {

// f(x, expand(y)) => f(x, y) where the dims of the result stay: pointwise functions broadcast by
// themselves
struct AbsorbExpand final : Rule {
    Pattern pattern() const override { return ir::op<Pointwise>(); }
    Outcome apply(Edit& e, const Match&) const override {
        std::vector<ir::ValueId> in = e.root().inputs;
        if (in.size() < 2) return no("");
        const DimVector out = e.desc(e.root().outputs[0]).dims;
        ir::Op op = e.root().op;
        bool found = false;
        for (ir::ValueId& v : in) {
            const ir::Node* n = e.producer(v);
            if (!n || !n->op.is<ops::Expand>() || !ir::isInternal(e.graph(), v)) continue;
            found = true;
            ir::ValueId expanded = v;
            v = n->inputs[0];
            if (broadcastOf(e, in) == out) {
                e.consumes(n->id);
                return e.replaceRoot(e.add(op, in), "the operand broadcasts without its expand");
            }
            v = expanded;
        }
        return no(found ? "the expand decides the dims of the result" : "");
    }

private:
    static DimVector broadcastOf(const Edit& e, const std::vector<ir::ValueId>& in) {
        DimVector dims;
        for (ir::ValueId v : in) {
            const DimVector& d = e.desc(v).dims;
            if (d.size() > dims.size()) dims.insert(dims.begin(), d.size() - dims.size(), Dim(1));
            for (size_t i = 0; i < d.size(); ++i) {
                Dim& to = dims[dims.size() - d.size() + i];
                to = broadcast(to, d[i]);
            }
        }
        return dims;
    }
};

const AbsorbExpand absorbExpand;

}  // namespace

BIREME_PASS(absorb_expand, "f(x, expand(y)) => f(x, y) where the dims of the result stay") {
    applyRules(run, {&absorbExpand});
}

}  // namespace bireme::passes
