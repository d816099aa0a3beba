// SPDX-License-Identifier: Apache-2.0
#include "ops/normalization.h"
#include "ops/reshape.h"
#include "passes/rules.h"

namespace bireme::passes {

namespace {

// reshape(normalization(reshape(x to [N, groups, rest]))) => normalization<groups>(x)
struct RecognizeGroups final : Rule {
    Pattern pattern() const override {
        return ir::op<ops::Reshape>().in(ir::op<ops::Normalization>("norm").single().in(
            ir::op<ops::Reshape>("split").in(ir::any("x"))));
    }
    Outcome apply(Edit& e, const Match& m) const override {
        const DimVector &x = e.desc(m["x"]).dims, &split = e.desc(m["split"]).dims;
        const ir::Node& norm = *e.producer(m["norm"]);
        ops::Normalization op = *norm.op.as<ops::Normalization>();
        const auto rank = static_cast<int64_t>(split.size());
        if (!(e.desc(e.root().outputs[0]).dims == x) || x.size() < 3 || split.size() < 3 ||
            op.groups != 1 || op.rms || !(split[0] == x[0]) || !split[1].isStatic() ||
            !x[1].isStatic() || op.axes.size() + 2 != split.size())
            return no("");
        for (int64_t axis : op.axes)
            if ((axis < 0 ? axis + rank : axis) < 2) return no("");
        const int64_t groups = split[1].value();
        if (groups < 2 || x[1].value() % groups != 0) return no("");
        // What reshape keeps in order is then the same elements: group g holds C / groups channels.
        for (size_t i = 1; i < norm.inputs.size(); ++i)
            if (norm.inputs[i] != ir::kNoValue && e.splat(norm.inputs[i]) != (i == 1 ? 1 : 0))
                return no("the normalization of groups has parameters of its own");
        op.groups = groups;
        op.axes.clear();
        for (size_t d = 2; d < x.size(); ++d) op.axes.push_back(static_cast<int64_t>(d));
        const ir::NodeId id = norm.id;
        return e.replaceRoot(e.add(ir::Op::of(op), {m["x"]}, id), "is a normalization of groups");
    }
};

const RecognizeGroups recognizeGroups;

}  // namespace

BIREME_PASS(recognize_group_normalization,
            "reshape(normalization(reshape(x to [N, groups, rest]))) => normalization<groups>(x)") {
    applyRules(run, {&recognizeGroups});
}

}  // namespace bireme::passes
