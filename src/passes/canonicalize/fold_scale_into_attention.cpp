// SPDX-License-Identifier: Apache-2.0
#include "ops/attention.h"
#include "passes/rules.h"
#include "passes/support/pointwise.h"

namespace bireme::passes {

namespace {

// attention(q * s, k, v) => attention(q, k, v) with s in its scale      s a number; likewise for k
struct FoldScaleIntoAttention final : Rule {
    Pattern pattern() const override { return ir::op<ops::Attention>(); }
    Outcome apply(Edit& e, const Match&) const override {
        ops::Attention op = *e.root().op.as<ops::Attention>();
        std::vector<ir::ValueId> in = e.root().inputs;
        for (size_t i : {0u, 1u}) {
            if (!pointwiseOf(e.graph(), in[i], PointwiseFn::prod)) continue;
            const ir::Node& n = *e.producer(in[i]);
            for (size_t k : {0u, 1u}) {
                ir::ValueId s = n.inputs[k], x = n.inputs[1 - k];
                auto number = e.isConstant(s) ? e.splat(s) : std::nullopt;
                if (!number || !(e.desc(x).dims == e.desc(in[i]).dims)) continue;
                if (!e.isSingle(in[i])) return no("the scaled operand has other readers");
                op.scale *= static_cast<float>(*number);
                e.consumes(n.id);
                in[i] = x;
                return e.replaceRoot(e.add(ir::Op::of(op), in), "the factor joined the scale");
            }
        }
        return no("");
    }
};

const FoldScaleIntoAttention foldScaleIntoAttention;

}  // namespace

BIREME_PASS(fold_scale_into_attention, "attention(q * s, k, v) => attention(q, k, v)") {
    applyRules(run, {&foldScaleIntoAttention});
}

}  // namespace bireme::passes
