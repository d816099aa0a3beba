// SPDX-License-Identifier: Apache-2.0
#include "ops/gather.h"
#include "ops/reshape.h"
#include "ops/squeeze.h"
#include "ops/transpose.h"
#include "passes/rules.h"
#include "passes/support/parts.h"

#include <optional>

namespace bireme::passes {

namespace {

// Places one after another at equal distances.
struct Run {
    size_t axis = 0;
    int64_t start = 0, stride = 1;
};

std::optional<Run> runOf(Edit& e, const ir::Node& gather, int indexRank) {
    const auto& op = *gather.op.as<ops::Gather>();
    const TensorDesc &x = e.desc(gather.inputs[0]), &i = e.desc(gather.inputs[1]);
    const auto index = e.ints(gather.inputs[1]);
    if (op.mode != GatherMode::kDEFAULT || op.elementWiseDims != 0 || i.rank() != indexRank ||
        !index || index->empty())
        return std::nullopt;
    Run r;
    r.axis = static_cast<size_t>(op.axis < 0 ? op.axis + x.rank() : op.axis);
    if (!x.dims[r.axis].isStatic()) return std::nullopt;
    const int64_t extent = x.dims[r.axis].value();
    std::vector<int64_t> places;
    for (int64_t p : *index) places.push_back(p < 0 ? p + extent : p);
    r.start = places[0];
    if (places.size() > 1) r.stride = places[1] - places[0];
    for (size_t k = 0; k < places.size(); ++k)
        if (places[k] < 0 || places[k] >= extent || r.stride < 1 ||
            places[k] != r.start + static_cast<int64_t>(k) * r.stride)
            return std::nullopt;
    return r;
}

// The part of x of these dims; kNoValue where an extent is only known when running.
ir::ValueId takenOf(Edit& e, ir::ValueId x, const DimVector& dims, const Run& r) {
    Part part;
    part.start.assign(dims.size(), 0);
    part.stride.assign(dims.size(), 1);
    part.start[r.axis] = r.start, part.stride[r.axis] = r.stride;
    const auto op = sliceOf(e.desc(x).dims, dims, part);
    if (!op) return ir::kNoValue;
    return op->axes.empty() ? x : e.add(ir::Op::of(*op), {x});
}

Outcome sliced(Edit& e, ir::ValueId x, const DimVector& dims, const Run& r, const char* what) {
    const ir::ValueId y = takenOf(e, x, dims, r);
    if (y == ir::kNoValue) return no("the extent of a part is only known when running");
    return e.replaceRoot(y, what);
}

// gather(x, {a, a + s, a + 2 s, ...}) => slice(x)
struct Places final : Rule {
    Pattern pattern() const override { return ir::op<ops::Gather>(); }
    Outcome apply(Edit& e, const Match&) const override {
        const ir::ValueId x = e.root().inputs[0];
        const auto run = runOf(e, e.root(), 1);
        if (!run || e.isConstant(x) || e.graph().value(e.root().outputs[0]).known)
            return no("");  // parts of shapes cost nothing
        const DimVector dims = e.desc(e.root().outputs[0]).dims;
        return sliced(e, x, dims, *run, "places one after another are a slice");
    }
};

// gather(reshape(x to [.., n, s]), k along s) => slice(x from k in steps of s)      as complex
// numbers in pairs are taken apart
struct Member final : Rule {
    Pattern pattern() const override {
        return ir::op<ops::Gather>().in(ir::op<ops::Reshape>("split"));
    }
    Outcome apply(Edit& e, const Match& m) const override {
        const auto run = runOf(e, e.root(), 0);
        const DimVector split = e.desc(m["split"]).dims, dims = e.desc(e.root().outputs[0]).dims;
        if (!run || run->axis + 1 != split.size()) return no("");
        const ir::ValueId x = e.producer(m["split"])->inputs[0];
        DimVector whole(split.begin(), split.end() - 1);  // what is split, in two
        if (whole.empty() || !whole.back().isStatic() || !split.back().isStatic()) return no("");
        whole.back() = Dim(whole.back().value() * split.back().value());
        if (!(e.desc(x).dims == whole)) return no("");
        const Run steps{whole.size() - 1, run->start, split.back().value()};
        return sliced(e, x, dims, steps, "every so many elements are a slice");
    }
};

// Is it the view of a transpose?
bool isTurned(Edit& e, ir::ValueId x) {
    const ir::Node* n = e.producer(x);
    while (n && n->op.def().has(ir::kView)) n = e.producer(n->inputs[0]);
    return n && n->op.is<ops::Transpose>();
}

// gather(x, k) => squeeze(slice(x)) where the place lies together: nothing is copied then
struct Single final : Rule {
    Pattern pattern() const override { return ir::op<ops::Gather>(); }
    Outcome apply(Edit& e, const Match&) const override {
        const ir::ValueId x = e.root().inputs[0];
        const auto run = runOf(e, e.root(), 0);
        if (!run || e.isConstant(x) || e.graph().value(e.root().outputs[0]).known ||
            isTurned(e, x))  // move_gather_up may pass it
            return no("");
        DimVector dims = e.desc(x).dims;
        dims[run->axis] = Dim(1);
        if (!liesTogether(e.desc(x).dims, dims))
            return no("the elements of one place do not lie together");
        const ir::ValueId y = takenOf(e, x, dims, *run);
        if (y == ir::kNoValue) return no("");
        ops::Squeeze drop;
        drop.axes = {static_cast<int64_t>(run->axis)};
        return e.replaceRoot(e.add(ir::Op::of(drop), {y}),
                             "one place whose elements lie together is a view");
    }
};

const Places places;
const Member member;
const Single single;

}  // namespace

BIREME_PASS(replace_gather_by_slice,
            "gather(x, {a, a + s, ...}) => slice(x), "
            "gather(reshape(x to [.., n, s]), k) => slice(x from k in steps of s), "
            "gather(x, k) => squeeze(slice(x)) where the dims before are 1") {
    applyRules(run, {&places, &member, &single});
}

}  // namespace bireme::passes
