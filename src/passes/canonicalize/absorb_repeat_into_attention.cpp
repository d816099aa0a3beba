// SPDX-License-Identifier: Apache-2.0
#include "ir/group.h"
#include "ops/attention.h"
#include "ops/expand.h"
#include "ops/reshape.h"
#include "ops/squeeze.h"
#include "passes/rules.h"

namespace bireme::passes {

namespace {

// The tensor [N, heads, 1, T, D] whose every head v repeats `times` times one after another, or
// kNoValue.
ir::ValueId repeated(Edit& e, ir::ValueId v, int64_t& times) {
    const ir::Node* join = e.producer(v);
    if (!join || !join->op.is<ops::Reshape>()) return ir::kNoValue;
    const ir::Node* expand = e.producer(join->inputs[0]);
    if (!expand || !expand->op.is<ops::Expand>()) return ir::kNoValue;
    const DimVector &joined = e.desc(v).dims, &wide = e.desc(expand->outputs[0]).dims,
                    &narrow = e.desc(expand->inputs[0]).dims;
    if (joined.size() != 4 || wide.size() != 5 || narrow.size() != 5 || !wide[2].isStatic() ||
        !narrow[2].is(1) || !wide[1].isStatic() || !joined[1].isStatic())
        return ir::kNoValue;
    times = wide[2].value();
    const size_t of[] = {0, 1, 3, 4};
    for (size_t d = 0; d < 4; ++d)
        if (!(narrow[of[d]] == wide[of[d]]) || (d != 1 && !(joined[d] == wide[of[d]])))
            return ir::kNoValue;
    if (joined[1].value() != wide[1].value() * times) return ir::kNoValue;
    for (const ir::Node* n : {join, expand}) e.consumes(n->id);
    return expand->inputs[0];
}

// attention(q, repeat(k), repeat(v)) => reshape(attention(reshape(q), k, v))      every head of k
// and v serves several of q
struct AbsorbRepeat final : Rule {
    const PassContext& context;
    explicit AbsorbRepeat(const PassContext& context) : context(context) {}
    Pattern pattern() const override {
        return ir::op<ops::Attention>().in(ir::any("q"), ir::op<ops::Reshape>("k"),
                                           ir::op<ops::Reshape>("v"));
    }
    Outcome apply(Edit& e, const Match& m) const override {
        int64_t times = 0, timesV = 0;
        const ir::ValueId k = repeated(e, m["k"], times), v = repeated(e, m["v"], timesV);
        if (k == ir::kNoValue || v == ir::kNoValue || times != timesV || times < 2) return no("");
        const DimVector q = e.desc(m["q"]).dims, out = e.desc(e.root().outputs[0]).dims;
        const int64_t heads = e.desc(k).dims[1].value();
        if (!q[3].isStatic() || !out[3].isStatic() || !q[1].is(heads * times))
            return no("the heads of the queries are not known");
        ops::Reshape split, join;
        split.shape = {0, heads, times, -1, q[3].value()};
        join.shape = {0, heads * times, -1, out[3].value()};
        if (q[2].isStatic()) split.shape[3] = join.shape[2] = q[2].value();
        const ir::Op op = e.root().op;
        std::vector<ir::ValueId> in{e.add(ir::Op::of(split), {m["q"]}), k, v};
        if (e.root().inputs.size() > 3 && e.root().inputs[3] != ir::kNoValue) {
            const ir::ValueId mask = e.root().inputs[3];
            const DimVector dims = e.desc(mask).dims;
            if (!dims[1].is(1)) return no("the mask differs from head to head");
            ops::Unsqueeze wider;
            wider.axes = {2};
            in.push_back(e.add(ir::Op::of(wider), {mask}));
        }
        const ir::ValueId grouped = e.add(op, in);
        Support support = context.canRun(ir::bodyOf(e.graph(), e.producer(grouped)->id));
        if (!support.ok) return no(support.why);
        ir::ValueId y = e.add(ir::Op::of(join), {grouped});
        if (!(e.desc(y).dims == out)) return no("the result would have other dims");
        return e.replaceRoot(y, "every head of keys and values serves several queries");
    }
};

}  // namespace

BIREME_PASS(absorb_repeat_into_attention,
            "attention(q, repeat(k), repeat(v)) => reshape(attention(reshape(q), k, v))") {
    const AbsorbRepeat absorbRepeat(run.context);
    applyRules(run, {&absorbRepeat});
}

}  // namespace bireme::passes
