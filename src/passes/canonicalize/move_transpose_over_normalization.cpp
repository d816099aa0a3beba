// SPDX-License-Identifier: Apache-2.0
#include "ops/normalization.h"
#include "passes/rules.h"
#include "passes/support/permutation.h"

#include <algorithm>

namespace bireme::passes {

namespace {

// normalization<axes>(transpose<p>(x), s, b) => transpose<p>(normalization<p[axes]>(x, s', b'))
// where the axes are the last ones of x, too: what reads heads reads them where they lie
struct MoveOverNormalization final : Rule {
    Pattern pattern() const override {
        return ir::op<ops::Normalization>().in(
            ir::op<ops::Transpose>("turned").single().in(ir::any("x")));
    }
    Outcome apply(Edit& e, const Match& m) const override {
        const int rank = e.desc(m["x"]).rank();
        const ir::Node turned = *e.producer(m["turned"]);
        const auto p = permutationOf(*turned.op.as<ops::Transpose>(), rank);
        ops::Normalization op = *e.root().op.as<ops::Normalization>();
        for (int64_t& a : op.axes) a = p[static_cast<size_t>(a < 0 ? a + rank : a)];
        std::sort(op.axes.begin(), op.axes.end());
        const int64_t first = rank - static_cast<int64_t>(op.axes.size());
        if (op.groups != 1 || op.axes.empty() || op.axes.front() != first) return no("");
        std::vector<int64_t> back(p.size());
        for (size_t d = 0; d < p.size(); ++d)
            back[static_cast<size_t>(p[d])] = static_cast<int64_t>(d);
        std::vector<ir::ValueId> in = e.root().inputs;
        in[0] = m["x"];
        for (size_t i = 1; i < in.size(); ++i) {
            if (in[i] == ir::kNoValue) continue;
            if (!e.isConstant(in[i]) || !allStatic(e.desc(in[i]).dims))
                return no("its parameters are no constants");
            in[i] = permuted(e, in[i], back);
        }
        ir::ValueId y = e.add(ir::Op::of(op), in);
        y = e.add(turned.op, {y}, turned.id);
        if (!(e.desc(y).dims == e.desc(e.root().outputs[0]).dims)) return no("");
        return e.replaceRoot(y, "it reads what the transpose read");
    }
};

const MoveOverNormalization moveOverNormalization;

}  // namespace

BIREME_PASS(move_transpose_over_normalization,
            "normalization<axes>(transpose<p>(x)) => transpose<p>(normalization<p[axes]>(x)) where "
            "the axes are the last of x") {
    applyRules(run, {&moveOverNormalization});
}

}  // namespace bireme::passes
