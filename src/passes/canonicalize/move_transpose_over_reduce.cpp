// SPDX-License-Identifier: Apache-2.0
#include "ops/pointwise.h"
#include "ops/reduce.h"
#include "passes/rules.h"
#include "passes/support/permutation.h"

#include <algorithm>

namespace bireme::passes {

namespace {

// reduce<axes>(transpose<p>(x)) => transpose(reduce<p[axes]>(x))      what is left is turned, or
// has kept its order
struct MoveOverReduce final : Rule {
    Pattern pattern() const override {
        return ir::op<ops::Reduce>().in(ir::op<ops::Transpose>("turned").in(ir::any("x")));
    }
    Outcome apply(Edit& e, const Match& m) const override {
        for (const ir::Use& u : e.graph().value(e.root().outputs[0]).users)
            if (e.graph().node(u.node).op.is<ops::Pointwise>())
                return no("functions read it: perhaps it is part of a normalization");
        const int rank = e.desc(m["x"]).rank();
        const auto p = permutationOf(*e.producer(m["turned"])->op.as<ops::Transpose>(), rank);
        ops::Reduce reduce = *e.root().op.as<ops::Reduce>();
        std::vector<bool> folded(p.size(), false);  // dims of x
        for (int64_t& a : reduce.axes) {
            a = p[static_cast<size_t>(a < 0 ? a + rank : a)];
            folded[static_cast<size_t>(a)] = true;
        }
        std::sort(reduce.axes.begin(), reduce.axes.end());
        std::vector<int64_t> order = p;
        if (!reduce.keepDims) {
            std::vector<int64_t> place(p.size());  // of a dim of x in the result
            for (size_t d = 0, next = 0; d < p.size(); ++d)
                place[d] = static_cast<int64_t>(folded[d] ? next : next++);
            std::erase_if(order, [&](int64_t d) { return folded[static_cast<size_t>(d)]; });
            for (int64_t& d : order) d = place[static_cast<size_t>(d)];
        }
        ir::ValueId y = e.add(ir::Op::of(reduce), {m["x"]});
        if (!std::is_sorted(order.begin(), order.end()))
            y = e.add(ir::Op::of(ops::Transpose{order}), {y});
        if (!(e.desc(y).dims == e.desc(e.root().outputs[0]).dims)) return no("");
        return e.replaceRoot(y, "it reads what the transpose read");
    }
};

const MoveOverReduce moveOverReduce;

}  // namespace

BIREME_PASS(move_transpose_over_reduce,
            "reduce<axes>(transpose<p>(x)) => transpose(reduce<p[axes]>(x))") {
    applyRules(run, {&moveOverReduce});
}

}  // namespace bireme::passes
