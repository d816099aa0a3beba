// SPDX-License-Identifier: Apache-2.0
#include "ops/concat.h"
#include "ops/slice.h"
#include "passes/rules.h"
#include "passes/support/parts.h"

namespace bireme::passes {

namespace {

size_t axisOf(const Edit& e, const ir::Node& concat) {
    const int64_t axis = concat.op.as<ops::Concat>()->axis;
    return static_cast<size_t>(axis < 0 ? axis + e.desc(concat.outputs[0]).rank() : axis);
}

// The concat along `axis` that makes v for one reader alone; null when it is none.
const ir::Node* innerOf(const Edit& e, ir::ValueId v, size_t axis) {
    const ir::Node* n = e.producer(v);
    return n && n->op.is<ops::Concat>() && e.isSingle(v) && axisOf(e, *n) == axis ? n : nullptr;
}

// concat(concat(x, y), z) => concat(x, y, z)
struct Flatten final : Rule {
    Pattern pattern() const override { return ir::op<ops::Concat>(); }
    Outcome apply(Edit& e, const Match&) const override {
        const size_t axis = axisOf(e, e.root());
        const ir::ValueId whole = e.root().outputs[0];
        // The outermost takes all: one after the other would take time squared.
        if (innerOf(e, whole, axis)) {
            const ir::Node& reader = e.graph().node(e.graph().value(whole).users[0].node);
            if (reader.op.is<ops::Concat>() && axisOf(e, reader) == axis) return no("");
        }
        std::vector<ir::ValueId> flat, left(e.root().inputs.rbegin(), e.root().inputs.rend());
        bool found = false;
        while (!left.empty()) {
            const ir::ValueId v = left.back();
            left.pop_back();
            const ir::Node* inner = innerOf(e, v, axis);
            if (!inner) {
                flat.push_back(v);
                continue;
            }
            found = true;
            left.insert(left.end(), inner->inputs.rbegin(), inner->inputs.rend());
            e.consumes(inner->id);
        }
        if (!found) return no("");
        const ir::Op op = e.root().op;
        return e.replaceRoot(e.add(op, flat), "one concatenation of all parts");
    }
};

// concat(slice(x, a to b), slice(x, b to c)) => slice(x, a to c)
struct JoinParts final : Rule {
    Pattern pattern() const override { return ir::op<ops::Concat>().in(ir::op<ops::Slice>()); }
    Outcome apply(Edit& e, const Match&) const override {
        const size_t axis = axisOf(e, e.root());
        std::optional<Part> whole;
        ir::ValueId x = ir::kNoValue;
        int64_t next = 0;
        for (ir::ValueId v : std::vector<ir::ValueId>(e.root().inputs)) {
            const ir::Node* n = e.producer(v);
            if (!n || !n->op.is<ops::Slice>() || (whole && n->inputs[0] != x)) return no("");
            auto part = partOf(e, *n);
            const Dim size = e.desc(v).dims[axis];
            if (!part || part->stride[axis] != 1 || !size.isStatic()) return no("");
            if (!whole) {
                whole = part, x = n->inputs[0], next = part->start[axis];
                whole->start[axis] = 0;
            }
            if (part->start[axis] != next) return no("");
            next += size.value();
            part->start[axis] = 0;
            if (part->start != whole->start || part->stride != whole->stride) return no("");
        }
        const DimVector dims = e.desc(e.root().outputs[0]).dims;
        whole->start[axis] = next - dims[axis].value();
        auto op = sliceOf(e.desc(x).dims, dims, *whole);
        if (!op) return no("");
        if (op->axes.empty())
            return e.replaceRoot(x, "all parts of one tensor in order: that tensor");
        return e.replaceRoot(e.add(ir::Op::of(*op), {x}),
                             "neighbours in one tensor: one part of it");
    }
};

const Flatten flatten;
const JoinParts joinParts;

}  // namespace

BIREME_PASS(merge_concats,
            "concat(concat(x, y), z) => concat(x, y, z), "
            "concat(slice(x, a to b), slice(x, b to c)) => slice(x, a to c)") {
    applyRules(run, {&flatten, &joinParts});
}

}  // namespace bireme::passes
