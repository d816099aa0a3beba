// SPDX-License-Identifier: Apache-2.0
#include "ops/concat.h"
#include "ops/expand.h"
#include "ops/pad.h"
#include "ops/reduce.h"
#include "ops/resize.h"
#include "ops/slice.h"
#include "ops/tile.h"
#include "passes/rules.h"

#include <algorithm>

namespace bireme::passes {

namespace {

bool keepsDims(const Edit& e, ir::ValueId x) {
    const TensorDesc& out = e.desc(e.root().outputs[0]);
    return out.dims == e.desc(x).dims && out.type == e.desc(x).type;
}

bool all(const std::vector<int64_t>& v, int64_t wanted) {
    return std::all_of(v.begin(), v.end(), [&](int64_t x) { return x == wanted; });
}

// The integers of operand `i` where it is present, else the attribute; nullopt when they are not
// known.
std::optional<std::vector<int64_t>> listOf(Edit& e, size_t i,
                                           const std::vector<int64_t>& attribute) {
    const auto& in = e.root().inputs;
    if (i >= in.size() || in[i] == ir::kNoValue) return attribute;
    return e.ints(in[i]);
}

// slice(x, all of it) => x
struct RemoveSlice final : Rule {
    Pattern pattern() const override { return ir::op<ops::Slice>().in(ir::any("x")); }
    Outcome apply(Edit& e, const Match& m) const override {
        const auto* s = e.root().op.as<ops::Slice>();
        if (!keepsDims(e, m["x"])) return no("");
        auto stride = listOf(e, 3, s->stride);
        bool inside = s->mode == SampleMode::kSTRICT_BOUNDS || s->useEnds;
        // With as many elements as the input, in steps of one and inside its bounds, the start can
        // only be 0.
        if (!inside || !stride || !all(*stride, 1))
            return no("it has the dims of its input, but may move elements");
        return e.replaceRoot(m["x"], "a slice of everything, removed");
    }
};

// pad(x, 0) => x
struct RemovePad final : Rule {
    Pattern pattern() const override { return ir::op<ops::Pad>().in(ir::any("x")); }
    Outcome apply(Edit& e, const Match& m) const override {
        auto pads = listOf(e, 1, e.root().op.as<ops::Pad>()->pads);
        if (!pads || !all(*pads, 0) || !keepsDims(e, m["x"])) return no("");
        return e.replaceRoot(m["x"], "a padding by nothing, removed");
    }
};

// expand(x, dims of x) => x, tile(x, 1) => x
struct RemoveRepeat final : Rule {
    Pattern pattern() const override {
        return ir::op<ops::Expand>().orOp<ops::Tile>().in(ir::any("x"));
    }
    Outcome apply(Edit& e, const Match& m) const override {
        if (!keepsDims(e, m["x"])) return no("");
        return e.replaceRoot(m["x"], "repeats nothing, removed");
    }
};

// resize(x, to its own size) => x
struct RemoveResize final : Rule {
    Pattern pattern() const override { return ir::op<ops::Resize>().in(ir::any("x")); }
    Outcome apply(Edit& e, const Match& m) const override {
        const auto& scales = e.root().op.as<ops::Resize>()->scales;
        bool ones = std::all_of(scales.begin(), scales.end(), [](float s) { return s == 1; });
        if (!ones || !keepsDims(e, m["x"])) return no("");
        return e.replaceRoot(m["x"], "a resize to the same size, removed");
    }
};

// concat(x) => x
struct RemoveConcat final : Rule {
    Pattern pattern() const override { return ir::op<ops::Concat>().in(ir::any("x")); }
    Outcome apply(Edit& e, const Match& m) const override {
        if (e.root().inputs.size() != 1) return no("");
        return e.replaceRoot(m["x"], "a concatenation of one, removed");
    }
};

// reduce(x, no axes) => x; reduce<sum, prod, max, min, avg>(x, axes of extent 1, kept) => x
struct RemoveReduce final : Rule {
    Pattern pattern() const override { return ir::op<ops::Reduce>().in(ir::any("x")); }
    Outcome apply(Edit& e, const Match& m) const override {
        const auto* r = e.root().op.as<ops::Reduce>();
        const TensorDesc& x = e.desc(m["x"]);
        for (int64_t axis : r->axes)
            if (!x.dims.at(static_cast<size_t>(axis < 0 ? axis + x.rank() : axis)).is(1))
                return no("");
        if (!keepsDims(e, m["x"])) return no("");
        return e.replaceRoot(m["x"], "a reduction of single elements, removed");
    }
};

const RemoveSlice removeSlice;
const RemovePad removePad;
const RemoveRepeat removeRepeat;
const RemoveResize removeResize;
const RemoveConcat removeConcat;
const RemoveReduce removeReduce;

}  // namespace

BIREME_PASS(remove_noop_moves,
            "slice, pad, expand, tile, resize, concat, reduce that keep x as it is => x") {
    applyRules(run, {&removeSlice, &removePad, &removeRepeat, &removeResize, &removeConcat,
                     &removeReduce});
}

}  // namespace bireme::passes
