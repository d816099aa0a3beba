// SPDX-License-Identifier: Apache-2.0
#include "ops/concat.h"
#include "ops/pad.h"
#include "ops/rotary_embedding.h"
#include "ops/slice.h"
#include "passes/rules.h"
#include "passes/support/parts.h"

#include <optional>

namespace bireme::passes {

namespace {

// Do two tensors make v side by side along the axis?
bool joins(const Edit& e, ir::ValueId v, int axis) {
    const ir::Node& n = *e.producer(v);
    const int64_t own = n.op.as<ops::Concat>()->axis;
    return n.inputs.size() == 2 && (own < 0 ? own + e.desc(v).rank() : own) == axis;
}

// Two tensors side by side along `axis`: the one from the start of x on, and the other one.
struct Sides {
    ir::ValueId x = ir::kNoValue;
    int64_t first = 0;  // extent of the former
};

// The tensor that `a` and `b` are the two sides of; nullopt when they are not.
std::optional<Sides> sidesOf(Edit& e, ir::ValueId a, ir::ValueId b, size_t axis) {
    Sides s;
    for (ir::ValueId v : {a, b}) {
        const ir::Node* n = e.producer(v);
        if (!n || !n->op.is<ops::Slice>()) return std::nullopt;
        const ir::ValueId x = n->inputs[0];
        const auto part = partOf(e, *n);
        std::vector<int64_t> start(e.desc(x).dims.size(), 0), stride(start.size(), 1);
        start[axis] = s.first;
        if (!part || part->stride != stride || part->start != start) return std::nullopt;
        if (v == b) return x == s.x ? std::optional(s) : std::nullopt;
        if (!e.desc(v).dims[axis].isStatic()) return std::nullopt;
        s = {x, e.desc(v).dims[axis].value()};
    }
    return std::nullopt;
}

// rotary_embedding(the first features of x) beside the others => rotary_embedding<features>(x)
struct OfFirstFeatures final : Rule {
    Pattern pattern() const override {
        return ir::op<ops::Concat>().in(ir::op<ops::RotaryEmbedding>("turned").single(),
                                        ir::op<ops::Slice>("rest"));
    }
    Outcome apply(Edit& e, const Match& m) const override {
        const ir::ValueId y = e.root().outputs[0];
        const ir::Node turned = *e.producer(m["turned"]);
        if (!joins(e, y, e.desc(y).rank() - 1)) return no("");
        const auto last = static_cast<size_t>(e.desc(y).rank() - 1);
        const auto sides = sidesOf(e, turned.inputs[0], m["rest"], last);
        if (!sides || !(e.desc(sides->x).dims == e.desc(y).dims)) return no("");
        auto op = *turned.op.as<ops::RotaryEmbedding>();
        if (op.features != 0) return no("");
        op.features = sides->first;
        return e.replaceRoot(
            e.add(ir::Op::of(op), {sides->x, turned.inputs[1], turned.inputs[2]}, turned.id),
            "turns the first features");
    }
};

// tokens of x beside rotary_embedding(its other tokens, cos, sin) => rotary_embedding(x, 1s before
// cos, 0s before sin), cos and sin constant
struct OfLastTokens final : Rule {
    Pattern pattern() const override {
        return ir::op<ops::Concat>().in(ir::op<ops::Slice>("rest"),
                                        ir::op<ops::RotaryEmbedding>("turned").single());
    }
    Outcome apply(Edit& e, const Match& m) const override {
        const ir::ValueId y = e.root().outputs[0];
        const ir::Node turned = *e.producer(m["turned"]);
        const int rank = e.desc(y).rank();
        int axis = rank - 2;
        while (axis >= 0 && !joins(e, y, axis)) --axis;
        if (axis < 0) return no("");
        const auto sides = sidesOf(e, m["rest"], turned.inputs[0], static_cast<size_t>(axis));
        if (!sides || !(e.desc(sides->x).dims == e.desc(y).dims)) return no("");
        std::vector<ir::ValueId> in{sides->x};
        for (size_t i : {1u, 2u}) {
            const ir::ValueId angles = turned.inputs[i];
            const DimVector dims = e.desc(angles).dims;
            const int d = axis - rank + static_cast<int>(dims.size());
            if (!e.isConstant(angles)) return no("the angles of some tokens are no constants");
            if (d < 0 || !(dims[static_cast<size_t>(d)] ==
                           e.desc(turned.inputs[0]).dims[static_cast<size_t>(axis)]))
                return no("the angles do not stand per token");
            ops::Pad pad;
            pad.pads.assign(2 * dims.size(), 0);
            pad.pads[static_cast<size_t>(d)] = sides->first;
            pad.value = i == 1 ? 1 : 0;
            in.push_back(e.add(ir::Op::of(pad), {angles}));
        }
        return e.replaceRoot(e.add(turned.op, in, turned.id), "turns all tokens but the first");
    }
};

const OfFirstFeatures ofFirstFeatures;
const OfLastTokens ofLastTokens;

}  // namespace

BIREME_PASS(
    absorb_concat_into_rotary_embedding,
    "rotary_embedding(first features of x) beside the others => rotary_embedding<first>(x); "
    "tokens of x beside rotary_embedding(the others) => rotary_embedding(x), with constant "
    "angles") {
    applyRules(run, {&ofFirstFeatures, &ofLastTokens});
}

}  // namespace bireme::passes
