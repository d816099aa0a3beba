// SPDX-License-Identifier: Apache-2.0
#include "ops/concat.h"
#include "ops/slice.h"
#include "passes/rules.h"
#include "passes/support/parts.h"

namespace bireme::passes {

namespace {

// slice(slice(x)) => slice(x)
struct MergeSlices final : Rule {
    Pattern pattern() const override {
        return ir::op<ops::Slice>().in(ir::op<ops::Slice>("inner").in(ir::any("x")));
    }
    Outcome apply(Edit& e, const Match& m) const override {
        if (!ir::isInternal(e.graph(), m["inner"])) return no("");
        auto outer = partOf(e, e.root()), inner = partOf(e, *e.producer(m["inner"]));
        if (!outer || !inner) return no("a slice is not of a known part");
        Part both = *inner;
        for (size_t d = 0; d < both.start.size(); ++d) {
            both.start[d] += inner->stride[d] * outer->start[d];
            both.stride[d] *= outer->stride[d];
        }
        auto op = sliceOf(e.desc(m["x"]).dims, e.desc(e.root().outputs[0]).dims, both);
        if (!op) return no("the extent of a part is only known when running");
        return e.replaceRoot(e.add(ir::Op::of(*op), {m["x"]}), "slices merged");
    }
};

// slice(concat(x, y, ...)) => slice(x)      where all of the part lies in x
struct SliceOfConcat final : Rule {
    static constexpr size_t kMaxParts = 256;  // to search for each slice
    Pattern pattern() const override {
        return ir::op<ops::Slice>().in(ir::op<ops::Concat>("joined"));
    }
    Outcome apply(Edit& e, const Match& m) const override {
        const ir::Node& joined = *e.producer(m["joined"]);
        const int rank = e.desc(m["joined"]).rank();
        const int64_t given = joined.op.as<ops::Concat>()->axis;
        const auto axis = static_cast<size_t>(given < 0 ? given + rank : given);
        const DimVector dims = e.desc(e.root().outputs[0]).dims;
        auto part = partOf(e, e.root());
        if (!part || !dims[axis].isStatic() || dims[axis].is(0) || joined.inputs.size() > kMaxParts)
            return no("");
        const int64_t last = part->start[axis] + (dims[axis].value() - 1) * part->stride[axis];
        int64_t at = 0;
        for (ir::ValueId x : std::vector<ir::ValueId>(joined.inputs)) {
            const DimVector& from = e.desc(x).dims;
            if (!from[axis].isStatic()) return no("the extents of what is joined are not known");
            const int64_t end = at + from[axis].value();
            if (part->start[axis] >= at && last < end) {
                part->start[axis] -= at;
                auto op = sliceOf(from, dims, *part);
                if (!op) return no("the extent of a part is only known when running");
                if (op->axes.empty())
                    return e.replaceRoot(x, "a part of a concatenation, read there");
                return e.replaceRoot(e.add(ir::Op::of(*op), {x}), "a slice of one part");
            }
            at = end;
        }
        return no("it takes elements of several parts");
    }
};

const MergeSlices mergeSlices;
const SliceOfConcat sliceOfConcat;

}  // namespace

BIREME_PASS(merge_slices, "slice(slice(x)) => slice(x), slice(concat(x, y)) => slice(x)") {
    applyRules(run, {&mergeSlices, &sliceOfConcat});
}

}  // namespace bireme::passes
